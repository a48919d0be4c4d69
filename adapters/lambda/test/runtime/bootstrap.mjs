// A Lambda runtime in small: loads `file.export` from LAMBDA_TASK_ROOT and asks the Runtime API for events until it is ended.
import { request } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT, _HANDLER } = process.env
const [host, port] = AWS_LAMBDA_RUNTIME_API.split(':')

function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, method, path: `/2018-06-01/runtime/${path}`, headers }, async received => {
      const chunks = []
      for await (const chunk of received) chunks.push(chunk)
      resolve({ headers: received.headers, body: Buffer.concat(chunks).toString() })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const asError = error => JSON.stringify({ errorType: error?.name ?? typeof error, errorMessage: error?.message ?? String(error) })

const [file, name] = _HANDLER.split('.')
let handler
try {
  handler = (await import(pathToFileURL(join(LAMBDA_TASK_ROOT, `${file}.mjs`)).href))[name]
} catch (error) {
  await call('POST', 'init/error', asError(error))
  process.exit(1)
}
for (;;) {
  const next = await call('GET', 'invocation/next')
  const id = next.headers['lambda-runtime-aws-request-id']
  const deadline = Number(next.headers['lambda-runtime-deadline-ms'])
  const context = { awsRequestId: id, getRemainingTimeInMillis: () => deadline - Date.now() }
  try {
    const answer = await handler(JSON.parse(next.body), context)
    await call('POST', `invocation/${id}/response`, JSON.stringify(answer ?? null))
  } catch (error) {
    await call('POST', `invocation/${id}/error`, asError(error))
  }
}
