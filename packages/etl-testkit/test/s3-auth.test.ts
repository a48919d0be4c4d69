import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { presigned, send, sendSigned, signed } from './s3-raw.js'
import { Bucket, clientOf, failure, start } from './s3-support.js'

const path = '/lake/a.txt'
const minuteMs = 60_000

async function withObject(options = {}) {
  const { server, client } = await start(options)
  server.put('lake', 'a.txt', 'hello')
  return { server, client }
}

test('serves a request that is signed by hand', async () => {
  const { server } = await withObject()

  expect(await sendSigned(server, { path })).toMatchObject({ status: 200, text: 'hello' })
})

test('a request without a signature is denied', async () => {
  const { server } = await withObject()

  expect(await send(server, { path })).toMatchObject({ status: 403, code: 'AccessDenied' })
})

test.each([
  ['another secret', { secretAccessKey: 'wrong' }, 403, 'SignatureDoesNotMatch'],
  ['an unknown key', { accessKeyId: 'AKIANOBODY' }, 403, 'InvalidAccessKeyId'],
  ['another service', { service: 'sqs' }, 400, 'AuthorizationHeaderMalformed'],
  ['a clock 16 minutes late', { atMs: Date.now() - 16 * minuteMs }, 403, 'RequestTimeTooSkewed'],
  ['a clock 16 minutes early', { atMs: Date.now() + 16 * minuteMs }, 403, 'RequestTimeTooSkewed'],
  ['a header left unsigned', { unsigned: ['x-amz-content-sha256'] }, 403, 'AccessDenied'],
  ['the host left unsigned', { unsigned: ['host'] }, 403, 'AccessDenied'],
  ['a payload that is no hash', { payload: 'abc' }, 400, 'InvalidArgument'],
])('refuses %s', async (_, signing, status, code) => {
  const { server } = await withObject()

  expect(await sendSigned(server, { path }, signing)).toMatchObject({ status, code })
})

test('a clock 14 minutes off is good enough', async () => {
  const { server } = await withObject()

  expect((await sendSigned(server, { path }, { atMs: Date.now() - 14 * minuteMs })).status).toBe(200)
})

test.each([
  ['path', { path: '/lake/b.txt' }],
  ['query', { query: { versionId: 'other' } }],
  ['method', { method: 'DELETE' }],
])('a signature holds for its %s only', async (_, change) => {
  const { server } = await withObject()
  const { headers } = signed(server, { path })

  expect(await send(server, { path, headers, ...change })).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
})

test('a signature holds for the headers it was made with', async () => {
  const { server } = await withObject()
  const { headers } = signed(server, { path, headers: { range: 'bytes=0-1' } })

  expect((await send(server, { path, headers })).text).toBe('he')
  expect((await send(server, { path, headers: { ...headers, range: 'bytes=0-3' } })).code).toBe('SignatureDoesNotMatch')
})

test('a body that was tampered with is refused, and nothing is stored', async () => {
  const { server } = await start()
  const { headers } = signed(server, { method: 'PUT', path, body: 'paid 10' })

  expect(await send(server, { method: 'PUT', path, headers, body: 'paid 99' })).toMatchObject({
    status: 400,
    code: 'XAmzContentSHA256Mismatch',
  })
  expect(server.objects('lake').size).toBe(0)
})

test('a signature of version 2 is told which mechanism to use', async () => {
  const { server } = await withObject()

  const answer = await send(server, { path, headers: { authorization: 'AWS AKIA:abc=' } })

  expect(answer).toMatchObject({ status: 400, code: 'InvalidRequest' })
  expect(answer.text).toContain('AWS4-HMAC-SHA256')
})

test('keys of any characters are signed as the SDK signs them', async () => {
  const { server, client } = await start()
  const keys = ["a b+c&d=e'f(g)*!.txt", 'ñ/日本/😀', 'dots/../x', 'a//b', '%41', 'q?x#y', ':;,@$']

  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }))

  expect([...server.objects('lake').keys()].sort()).toEqual([...keys].sort())
})

test('the client corrects its clock by the Date of the refusal', async () => {
  const { server } = await withObject({ clockOffsetMs: 60 * minuteMs })
  const client = clientOf(server, { maxAttempts: 2 })

  await client.send(new GetObjectCommand({ Bucket, Key: 'a.txt' }))

  expect(server.requests.map(({ status, code }) => code ?? status)).toEqual(['RequestTimeTooSkewed', 200])
})

test('temporary credentials need their token, and end', async () => {
  const { server } = await withObject()
  const temporary = { accessKeyId: 'ASIATEMP', secretAccessKey: 's', sessionToken: 'token', expiresAtMs: Date.now() + minuteMs }
  server.addCredentials(temporary)
  const get = (sessionToken: string | undefined) => {
    const { accessKeyId, secretAccessKey } = temporary
    const credentials = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
    return clientOf(server, { credentials }).send(new GetObjectCommand({ Bucket, Key: 'a.txt' }))
  }

  await get('token')
  expect(await failure(get(undefined))).toMatchObject({ name: 'InvalidAccessKeyId', status: 403 })
  expect(await failure(get('other'))).toMatchObject({ name: 'InvalidToken', status: 400 })
  server.clockOffsetMs = minuteMs + 1000
  expect(await failure(get('token'))).toMatchObject({ name: 'ExpiredToken', status: 400 })
})

test('a token that belongs to no credentials is refused', async () => {
  const { server } = await withObject()

  const answer = await sendSigned(server, { path, headers: { 'x-amz-security-token': 'stray' } })

  expect(answer).toMatchObject({ status: 400, code: 'InvalidToken' })
})

test('credentials can be made to expire from a request on, and others go on', async () => {
  const { server, client } = await withObject()
  server.addCredentials({ accessKeyId: 'AKIAFRESH', secretAccessKey: 'fresh' })
  const fresh = clientOf(server, { credentials: { accessKeyId: 'AKIAFRESH', secretAccessKey: 'fresh' } })
  const get = (by = client) => by.send(new GetObjectCommand({ Bucket, Key: 'a.txt' }))

  server.expireCredentials({ fromRequest: 2 })

  await get()
  expect((await failure(get())).name).toBe('ExpiredToken')
  expect((await failure(get())).name).toBe('ExpiredToken')
  await get(fresh)
})

test('a presigned address reads and writes', async () => {
  const { server } = await start()

  const put = await send(server, presigned(server, { method: 'PUT', path, body: 'via address' }))
  const got = await send(server, presigned(server, { path }))

  expect([put.status, got.status, got.text]).toEqual([200, 200, 'via address'])
  expect(server.requests.map(({ presigned }) => presigned)).toEqual([true, true])
})

test.each([
  ['that has expired', { atMs: Date.now() - 61_000 }, 403, 'AccessDenied'],
  ['that is not valid yet', { atMs: Date.now() + 16 * minuteMs }, 403, 'AccessDenied'],
  ['for more than a week', { expires: 604_801 }, 400, 'AuthorizationQueryParametersError'],
  ['without an end', { expires: 'never' }, 400, 'AuthorizationQueryParametersError'],
  ['with a stray token', { token: 'stray' }, 400, 'InvalidToken'],
])('a presigned address %s is refused', async (_, options, status, code) => {
  const { server } = await withObject()

  expect(await send(server, presigned(server, { path }, options))).toMatchObject({ status, code })
})

test('a presigned address holds for its object, its query and the headers it names', async () => {
  const { server } = await withObject()
  const raw = presigned(server, { path })

  expect((await send(server, { ...raw, path: '/lake/b.txt' })).code).toBe('SignatureDoesNotMatch')
  expect((await send(server, { ...raw, query: { ...raw.query, 'X-Amz-Expires': '3600' } })).code).toBe('SignatureDoesNotMatch')
  expect((await send(server, { ...raw, headers: { ...raw.headers, 'x-amz-acl': 'private' } })).code).toBe('AccessDenied')
})

test('a checksum that a presigned address carries is held against the body', async () => {
  const { server } = await start()
  // What presigning a PUT with the SDK's defaults makes: the checksum of no bytes.
  const raw = presigned(server, { method: 'PUT', path, query: { 'x-amz-checksum-crc32': 'AAAAAA==' }, body: 'something' })

  expect(await send(server, raw)).toMatchObject({ status: 400, code: 'BadDigest' })
})

test('neither signature nor token is in the log', async () => {
  const { server } = await withObject()

  await sendSigned(server, { path })
  await send(server, presigned(server, { path }))

  expect(JSON.stringify(server.requests)).not.toMatch(/Signature=|X-Amz-Signature|Credential/)
})
