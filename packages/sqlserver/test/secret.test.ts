import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parsePlace } from '@millrace/etl-core'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { databaseAt } from '../src/database.js'
import { translated } from '../src/errors.js'
import { serverPlace } from '../src/place.js'
import { protocolServer } from './support/server.js'

const arn = 'arn:aws:secretsmanager:eu-west-2:123456789012:secret:rds-abc'
const action = { side: 'sink', place: 'sqlserver://h/test', doing: 'write table t' } as const

interface Answer {
  readonly status?: number
  readonly body: object
}

/** Secrets Manager as far as it is asked here: its JSON protocol, one answer after the other, the last one for ever. */
async function secretsManager(...answers: readonly Answer[]) {
  const asked: { target: unknown; region: string | undefined; id: unknown }[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const [, region] = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? []
    asked.push({ target: request.headers['x-amz-target'], region, id: JSON.parse(Buffer.concat(chunks).toString()).SecretId })
    const { status = 200, body } = answers[Math.min(asked.length, answers.length) - 1] as Answer
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return asked
}

const secretOf = (user: string, password: string): Answer => ({
  body: { ARN: arn, SecretString: JSON.stringify({ username: user, password }) },
})

beforeEach(() => {
  vi.stubEnv('MILLRACE_SQLSERVER_SECRET', arn)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1')
  onTestFinished(() => void vi.unstubAllEnvs())
})

const loggedInAt = async (server: Awaited<ReturnType<typeof protocolServer>>) =>
  translated(action, () =>
    databaseAt(serverPlace(parsePlace(server.place)), { encrypt: false }).session(session => session.run('SELECT 1')),
  )

// The SDK says it once in a process, so this is the first test of its file.
test('reading a secret says nothing of releases of the SDK to come', async () => {
  const said = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  onTestFinished(() => said.mockRestore())
  const server = await protocolServer()
  await secretsManager(secretOf(server.user, server.password))

  await loggedInAt(server)

  expect(said.mock.calls.filter(([warning]) => String(warning).includes('NodeVersionSupportWarning'))).toEqual([])
})

test('user and password come from the secret that the environment names, in its own region', async () => {
  const server = await protocolServer()
  const asked = await secretsManager(secretOf(server.user, server.password))

  await expect(loggedInAt(server)).resolves.toBe(0)
  expect(asked).toEqual([{ target: 'secretsmanager.GetSecretValue', region: 'eu-west-2', id: arn }])
})

test('a password that was changed is known when connections are opened again', async () => {
  const server = await protocolServer()
  const asked = await secretsManager(secretOf(server.user, 'of last week'), secretOf(server.user, server.password))

  await expect(loggedInAt(server)).rejects.toMatchObject({ code: 'ETL_SINK_DENIED' })
  await expect(loggedInAt(server)).resolves.toBe(0)
  expect(asked).toHaveLength(2)
})

test.each([
  ['AccessDeniedException', 'secretsmanager:GetSecretValue'],
  ['ResourceNotFoundException', 'Check its ARN'],
])('a secret that is refused with %s is a matter of configuration', async (type, advice) => {
  await secretsManager({ status: 400, body: { __type: type, Message: 'no' } })

  await expect(loggedInAt(await protocolServer())).rejects.toMatchObject({
    code: 'ETL_CONFIG_CREDENTIALS',
    message: expect.stringContaining(advice),
    context: { secret: arn },
  })
})

test('a secret that is something else is said to be so, and is not shown', async () => {
  await secretsManager({ body: { ARN: arn, SecretString: '{"key":"hunter2"}' } })

  const failed = await loggedInAt(await protocolServer()).catch((error: Error & { code: string }) => error)

  expect(failed).toMatchObject({ code: 'ETL_CONFIG_CREDENTIALS', message: expect.stringContaining('username and password') })
  expect(JSON.stringify([failed, String(failed)])).not.toContain('hunter2')
})

test('Secrets Manager that is away for a while is tried again by the run', async () => {
  await secretsManager({ status: 503, body: { __type: 'ServiceUnavailable', message: 'soon' } })

  await expect(loggedInAt(await protocolServer())).rejects.toMatchObject({
    code: 'ETL_SINK_UNAVAILABLE',
    retry: 'later',
    message: expect.stringContaining(arn),
  })
})

test.runIf(process.env.MILLRACE_TEST_LONG)(
  'Secrets Manager that never answers is not waited for without an end',
  async () => {
    const server = createServer(() => undefined)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close().closeAllConnections())
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)

    await expect(loggedInAt(await protocolServer())).rejects.toMatchObject({ code: 'ETL_SINK_UNAVAILABLE', retry: 'later' })
  },
  30_000,
)
