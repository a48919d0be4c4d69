/**
 * A Node runtime of Lambda in small, as the text of a module: imports the function from LAMBDA_TASK_ROOT and asks the Runtime API for events
 * until it is ended. Plain requests, for `fetch` gives up on one that is held open for minutes.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html (read 2026-11)
 */
export const bootstrap = `
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT, _HANDLER, AWS_LAMBDA_FUNCTION_MEMORY_SIZE, AWS_LAMBDA_FUNCTION_NAME } = process.env
const [host, port] = AWS_LAMBDA_RUNTIME_API.split(':')

const call = (method, path, body) =>
  new Promise((resolve, reject) => {
    const sent = request({ host, port, method, path: '/2018-06-01/runtime/' + path }, async received => {
      const chunks = []
      for await (const chunk of received) chunks.push(chunk)
      resolve({ status: received.statusCode, headers: received.headers, body: Buffer.concat(chunks).toString() })
    })
    sent.setTimeout(0)
    sent.on('error', reject)
    sent.end(body)
  })

const asError = error =>
  JSON.stringify({ errorType: error?.name ?? typeof error, errorMessage: error?.message ?? String(error), stackTrace: [] })

const at = _HANDLER.lastIndexOf('.')
let handler
try {
  const file = ['.mjs', '.js', '.cjs'].map(end => join(LAMBDA_TASK_ROOT, _HANDLER.slice(0, at) + end)).find(existsSync)
  if (!file) throw new Error('Cannot find module ' + _HANDLER.slice(0, at))
  handler = (await import(pathToFileURL(file).href))[_HANDLER.slice(at + 1)]
  if (typeof handler !== 'function') throw new Error(_HANDLER + ' is undefined or not exported')
} catch (error) {
  await call('POST', 'init/error', asError(error))
  process.exit(1)
}
for (;;) {
  const next = await call('GET', 'invocation/next')
  const id = next.headers['lambda-runtime-aws-request-id']
  const deadlineAtMs = Number(next.headers['lambda-runtime-deadline-ms'])
  process.env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id']
  const context = {
    awsRequestId: id,
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    invokedFunctionArn: next.headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => deadlineAtMs - Date.now(),
  }
  let sent
  try {
    const answer = JSON.stringify((await handler(JSON.parse(next.body), context)) ?? null)
    sent = await call('POST', 'invocation/' + id + '/response', answer)
    if (sent.status === 413) throw Object.assign(new Error('Response payload size exceeded maximum allowed payload size (6291556 bytes).'), { name: 'Function.ResponseSizeTooLarge' })
  } catch (error) {
    await call('POST', 'invocation/' + id + '/error', asError(error))
  }
}
`
