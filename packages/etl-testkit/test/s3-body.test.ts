import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { type ChecksumAlgorithm, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { S3Server } from '@millrace/etl-testkit/s3'
import { expect, test } from 'vitest'
import { hmac, type RawAnswer, send, sendSigned, sha256, signed } from './s3-raw.js'
import { Bucket, failure, start } from './s3-support.js'

const path = '/lake/chunked'

interface Chunked {
  readonly trailer?: string
  readonly decodedLength?: number
  /** Changes the finished body. */
  readonly spoil?: (body: string) => string
}

/** PUTs chunks, each signed, with a signed trailer if asked for. */
function putChunks(
  server: S3Server,
  chunks: readonly string[],
  { trailer, decodedLength, spoil = b => b }: Chunked = {},
): Promise<RawAnswer> {
  const payload = trailer ? 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER' : 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
  const headers = {
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': String(decodedLength ?? chunks.join('').length),
    ...(trailer ? { 'x-amz-trailer': trailer.split(':')[0]! } : {}),
  }
  const { key, scope, dateTime, signature, headers: all } = signed(server, { method: 'PUT', path, headers }, { payload })
  let previous = signature
  const next = (kind: string, ...hashes: string[]) => {
    previous = hmac(key, [`AWS4-HMAC-SHA256-${kind}`, dateTime, scope, previous, ...hashes].join('\n')).toString('hex')
    return previous
  }
  const framed = [...chunks, ''].map(
    chunk =>
      `${chunk.length.toString(16)};chunk-signature=${next('PAYLOAD', sha256(''), sha256(chunk))}\r\n${chunk}${chunk && '\r\n'}`,
  )
  const end = trailer ? `${trailer}\r\nx-amz-trailer-signature:${next('TRAILER', sha256(`${trailer}\n`))}\r\n\r\n` : '\r\n'
  return send(server, { method: 'PUT', path, headers: all, body: spoil(framed.join('') + end) })
}

const big = 'x'.repeat(8192)
const crcOfHello = 'x-amz-checksum-crc32:NhCmhg=='

test('decodes signed chunks', async () => {
  const { server } = await start()

  const answer = await putChunks(server, [big, big, 'tail'])

  expect(answer.status).toBe(200)
  expect(Buffer.from(server.get('lake', 'chunked')!.bytes).toString()).toBe(`${big}${big}tail`)
  expect(server.get('lake', 'chunked')!.headers['content-encoding']).toBeUndefined()
})

test('decodes signed chunks with a signed trailer', async () => {
  const { server } = await start()

  expect((await putChunks(server, ['hello'], { trailer: crcOfHello })).status).toBe(200)
  expect(server.get('lake', 'chunked')!.checksum).toEqual({ algorithm: 'crc32', value: 'NhCmhg==', type: 'FULL_OBJECT' })
})

test.each<[string, readonly string[], Chunked, number, string]>([
  ['a chunk that was changed', [big, 'tail'], { spoil: b => b.replace('tail', 'tall') }, 403, 'SignatureDoesNotMatch'],
  ['chunks in another order', ['ab'], { spoil: b => b.replace('ab\r\n', 'ba\r\n') }, 403, 'SignatureDoesNotMatch'],
  ['a chunk without a signature', ['hello'], { spoil: b => b.replace(/;chunk-signature=\w+/, '') }, 403, 'SignatureDoesNotMatch'],
  ['a trailer with a wrong checksum', ['hello'], { trailer: 'x-amz-checksum-crc32:AAAAAA==' }, 400, 'BadDigest'],
  [
    'a trailer that was changed',
    ['hello'],
    { trailer: crcOfHello, spoil: b => b.replace('NhCmhg', 'NhCmhh') },
    403,
    'SignatureDoesNotMatch',
  ],
  [
    'a trailer signature that was left out',
    ['hello'],
    { trailer: crcOfHello, spoil: b => b.replace(/x-amz-trailer-signature.*\r\n/, '') },
    403,
    'SignatureDoesNotMatch',
  ],
  [
    'an announced trailer that does not come',
    ['hello'],
    { trailer: crcOfHello, spoil: b => b.replace(/x-amz-checksum.*$/s, '') },
    400,
    'MalformedTrailerError',
  ],
  [
    'a trailer nobody announced',
    ['hello'],
    { spoil: b => `${b.slice(0, -2)}x-amz-checksum-crc32:NhCmhg==\r\n\r\n` },
    400,
    'MalformedTrailerError',
  ],
  ['a body cut off', [big, 'tail'], { spoil: b => b.slice(0, -100) }, 400, 'IncompleteBody'],
  ["a length that is not the chunks'", ['hello'], { decodedLength: 4 }, 400, 'IncompleteBody'],
  ['a small chunk before the last', ['small', 'tail'], {}, 403, 'InvalidChunkSizeError'],
])('refuses %s', async (_, chunks, chunked, status, code) => {
  const { server } = await start()

  expect(await putChunks(server, chunks, chunked)).toMatchObject({ status, code })
  expect(server.objects('lake').size).toBe(0)
})

test('unsigned chunks have their trailer checked', async () => {
  const { server } = await start()
  const put = (checksum: string) => {
    const headers = { 'x-amz-decoded-content-length': '5', 'x-amz-trailer': 'x-amz-checksum-crc32' }
    const payload = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
    const body = `5\r\nhello\r\n0\r\nx-amz-checksum-crc32:${checksum}\r\n\r\n`
    return send(server, {
      method: 'PUT',
      path,
      body,
      headers: signed(server, { method: 'PUT', path, headers }, { payload }).headers,
    })
  }

  expect((await put('NhCmhg==')).status).toBe(200)
  expect(await put('AAAAAA==')).toMatchObject({ status: 400, code: 'BadDigest' })
})

test('chunks need their decoded length', async () => {
  const { server } = await start()

  const answer = await sendSigned(
    server,
    { method: 'PUT', path, body: '0\r\n\r\n' },
    { payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' },
  )

  expect(answer).toMatchObject({ status: 411, code: 'MissingContentLength' })
})

test.each<[string, Record<string, string>, string]>([
  ['a wrong Content-MD5', { 'content-md5': createHash('md5').update('other').digest('base64') }, 'BadDigest'],
  ['a Content-MD5 that is none', { 'content-md5': 'abc' }, 'InvalidDigest'],
  ['a wrong checksum', { 'x-amz-checksum-crc32c': 'AAAAAA==' }, 'BadDigest'],
  ['a checksum of the wrong length', { 'x-amz-checksum-sha256': 'AAAAAA==' }, 'InvalidRequest'],
  [
    'two checksums',
    { 'x-amz-checksum-crc32': 'NhCmhg==', 'x-amz-checksum-sha1': 'qvTGHdzF6KLavt4PO0gs2a6pQ00=' },
    'InvalidRequest',
  ],
  ['a checksum that is announced only', { 'x-amz-sdk-checksum-algorithm': 'CRC32' }, 'InvalidRequest'],
])('refuses %s', async (_, headers, code) => {
  const { server } = await start()

  expect(await sendSigned(server, { method: 'PUT', path, body: 'hello', headers })).toMatchObject({ status: 400, code })
  expect(server.objects('lake').size).toBe(0)
})

test('takes the right Content-MD5', async () => {
  const { server } = await start()
  const headers = { 'content-md5': createHash('md5').update('hello').digest('base64') }

  expect((await sendSigned(server, { method: 'PUT', path, body: 'hello', headers })).status).toBe(200)
})

test.each<ChecksumAlgorithm>(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'])('agrees with the SDK on %s', async algorithm => {
  const { client } = await start()
  const Body = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 256))

  await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body, ChecksumAlgorithm: algorithm }))

  const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'a', ChecksumMode: 'ENABLED' }))
  expect(head[`Checksum${algorithm}` as 'ChecksumCRC32']).toEqual(expect.any(String))
  expect(head.ChecksumType).toBe('FULL_OBJECT')
})

test('an object that came without a checksum has a CRC-64, which the SDK finds right when it reads', async () => {
  const { server, client } = await start({}, { requestChecksumCalculation: 'WHEN_REQUIRED' })

  await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'hello' }))

  const { ChecksumCRC64NVME, Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'a' }))
  expect(await Body!.transformToString()).toBe('hello')
  expect(ChecksumCRC64NVME).toBe(server.get('lake', 'a')!.checksum!.value)
})

test("a stream goes through the SDK with a trailer, and its encoding is not the object's", async () => {
  const { server, client } = await start()
  const Body = Readable.from([Buffer.alloc(20_000, 'a'), Buffer.alloc(10_000, 'b')])

  await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body, ContentLength: 30_000, ContentEncoding: 'gzip' }))

  expect(server.requests[0]!.headers['x-amz-content-sha256']).toBe('STREAMING-UNSIGNED-PAYLOAD-TRAILER')
  expect(server.get('lake', 'a')).toMatchObject({ headers: { 'content-encoding': 'gzip' }, checksum: { algorithm: 'crc32' } })
  expect(server.get('lake', 'a')!.bytes.length).toBe(30_000)
})

test('a stream of small pieces fails as it does on S3, until the client gathers them', async () => {
  const pieces = () => Readable.from(Array.from({ length: 4 }, () => Buffer.alloc(5000, 'a')))
  const put = () => new PutObjectCommand({ Bucket, Key: 'a', Body: pieces(), ContentLength: 20_000 })
  const { client } = await start()
  const { client: gathering } = await start({}, { requestStreamBufferSize: 16_384 })

  expect(await failure(client.send(put()))).toMatchObject({ name: 'InvalidChunkSizeError', status: 403 })
  await gathering.send(put())
})
