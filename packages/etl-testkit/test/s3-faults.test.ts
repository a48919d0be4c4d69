import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { S3Fault } from '@millrace/etl-testkit/s3'
import { expect, test } from 'vitest'
import { Bucket, clientOf, failure, start } from './s3-support.js'

const Key = 'a'
const put = (client: S3Client, Body = 'hello', more = {}) => client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))
const get = async (client: S3Client, key = Key) => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: key }))
  return Body!.transformToString()
}

test.each<[S3Fault, string, number]>([
  ['throttle', 'SlowDown', 503],
  ['internalError', 'InternalError', 500],
  ['denied', 'AccessDenied', 403],
  ['conflict', 'ConditionalRequestConflict', 409],
  ['expired', 'ExpiredToken', 400],
  [{ status: 503, code: 'ServiceUnavailable' }, 'ServiceUnavailable', 503],
])('%o is an error, and nothing was done', async (fault, name, status) => {
  const { server, client } = await start()
  server.failNext(fault)

  expect(await failure(put(client))).toMatchObject({ name, status })
  expect(server.objects(Bucket).size).toBe(0)
  expect(server.requests[0]).toMatchObject({ fault, code: name, status })
  await put(client)
})

test('the SDK retries a fault away', async () => {
  const { server } = await start()
  server.failNext('internalError')

  await put(clientOf(server, { maxAttempts: 2 }))

  expect(server.requests.map(({ status }) => status)).toEqual([500, 200])
})

test('a fault hides no mistake of the client', async () => {
  const { server } = await start()
  const client = clientOf(server, { credentials: { ...server.credentials, secretAccessKey: 'wrong' } })
  server.failNext('throttle')

  expect((await failure(put(client))).name).toBe('SignatureDoesNotMatch')
})

test('a reset before acting leaves nothing', async () => {
  const { server, client } = await start()
  server.failNext('resetBefore')

  expect((await failure(put(client))).message).toMatch(/ECONNRESET|socket hang up|EPIPE/)
  expect(server.objects(Bucket).size).toBe(0)
  expect(server.requests[0]!.status).toBeUndefined()
})

test('a reset after acting leaves the object, and its writer in doubt', async () => {
  const { server, client } = await start()
  server.failNext('resetAfter')

  expect((await failure(put(client, 'hello', { IfNoneMatch: '*' }))).message).toMatch(/ECONNRESET|socket hang up/)
  expect(server.objects(Bucket).size).toBe(1)
  expect((await failure(put(client, 'hello', { IfNoneMatch: '*' }))).name).toBe('PreconditionFailed')
})

async function upload(client: S3Client) {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
  const part = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'hello' }))
  const Parts = [{ PartNumber: 1, ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32 }]
  return new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, IfNoneMatch: '*' })
}

test('a lost answer of a completion is made good by completing again', async () => {
  const { server } = await start()
  const client = clientOf(server, { maxAttempts: 2 })
  server.failWhen({ operation: 'CompleteMultipartUpload' }, 'resetAfter')

  await client.send(await upload(client))

  expect(await get(client)).toBe('hello')
  expect(server.unfinishedUploads(Bucket)).toEqual([])
})

test('an error in a 200 is an error, and nothing was done', async () => {
  const { server, client } = await start()
  const completion = await upload(client)
  server.failNext('errorIn200', 2)

  expect((await failure(client.send(completion))).name).toBe('InternalError')
  expect((await failure(client.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: 'lake/a' })))).name).toBe(
    'InternalError',
  )
  expect(server.requests.slice(-2).map(({ status }) => status)).toEqual([200, 200])
  expect(server.objects(Bucket).size).toBe(0)
  expect(server.unfinishedUploads(Bucket).length).toBe(1)
})

test('another writer appears just before a write is judged', async () => {
  const { server, client } = await start()
  server.failNext({ otherWriter: 'theirs' })

  expect((await failure(put(client, 'mine', { IfNoneMatch: '*' }))).name).toBe('PreconditionFailed')
  expect(await get(client)).toBe('theirs')
})

test('what another writer put carries the checksum of its own bytes, and none of the refused request', async () => {
  const { server, client } = await start()
  server.failNext({ otherWriter: 'theirs' })
  const refused = put(client, 'mine', {
    IfNoneMatch: '*',
    ChecksumAlgorithm: 'SHA256',
    Metadata: { of: 'mine' },
    ContentType: 'text/mine',
  })
  expect((await failure(refused)).name).toBe('PreconditionFailed')

  // The SDK compares what it reads with the checksum that comes with it.
  const { Body, ChecksumSHA256, ChecksumCRC64NVME, Metadata, ContentType } = await client.send(
    new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }),
  )
  const alone = server.put(Bucket, 'alone', 'theirs')

  expect(await Body!.transformToString()).toBe('theirs')
  expect([ChecksumSHA256, ChecksumCRC64NVME, Metadata, ContentType]).toEqual([
    undefined,
    alone.checksum?.value,
    {},
    'binary/octet-stream',
  ])
})

test('another writer deletes what should be replaced', async () => {
  const { server, client } = await start()
  const { etag } = server.put(Bucket, Key, 'old')
  server.failNext({ otherWriter: null })

  expect((await failure(put(client, 'mine', { IfMatch: etag }))).name).toBe('NoSuchKey')
})

test('another writer comes before the completion of an upload', async () => {
  const { server, client } = await start()
  server.failWhen({ operation: 'CompleteMultipartUpload' }, { otherWriter: 'theirs' })

  expect((await failure(client.send(await upload(client)))).name).toBe('PreconditionFailed')
  expect(server.unfinishedUploads(Bucket).length).toBe(1)
})

test('a body breaks off in the middle', async () => {
  const { server, client } = await start()
  server.put(Bucket, Key, 'x'.repeat(100_000))
  server.failNext('truncated')

  const { Body, ContentLength } = await client.send(new GetObjectCommand({ Bucket, Key }))

  expect(ContentLength).toBe(100_000)
  await expect(Body!.transformToString()).rejects.toThrow(/aborted|ECONNRESET/)
  expect(server.requests[0]!.bytesOut).toBe(50_000)
})

test.each(['before', 'answer', 'body'] as const)('an answer is late (%s) and right', async where => {
  const { server, client } = await start()
  server.put(Bucket, Key, 'hello')
  server.failNext({ delayMs: 30, where })
  const startedAt = performance.now()

  expect(await get(client)).toBe('hello')
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(29)
})

test('a delay before acting is one before, a delay of the answer one after', async () => {
  const { server, client } = await start()
  const done: boolean[] = []
  for (const where of ['before', 'answer'] as const) {
    server.delete(Bucket, Key)
    server.failNext({ delayMs: 60, where })
    const putting = put(client)
    while (server.requests.at(-1)?.fault === undefined || server.requests.at(-1)?.status !== undefined) {
      await new Promise(resolve => setImmediate(resolve))
    }
    await new Promise(resolve => setTimeout(resolve, 20))
    done.push(server.objects(Bucket).size === 1)
    await putting
  }

  expect(done).toEqual([false, true])
})

test('some keys of a deletion can be refused', async () => {
  const { server, client } = await start()
  for (const key of ['a', 'b', 'c']) server.put(Bucket, key, 'x')
  server.failNext({ refuseKeys: ['b'], code: 'InternalError' })

  const Objects = ['a', 'b', 'c'].map(Key => ({ Key }))
  const { Deleted, Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))

  expect(Deleted?.map(({ Key }) => Key)).toEqual(['a', 'c'])
  expect(Errors).toMatchObject([{ Key: 'b', Code: 'InternalError' }])
  expect([...server.objects(Bucket).keys()]).toEqual(['b'])
})

test('faults meet the n-th request, the n-th that matches, or all of them', async () => {
  const { server, client } = await start()
  server.put(Bucket, 'a', 'x')
  server.put(Bucket, 'b', 'x')
  const outcome = (key: string) =>
    get(client, key).then(
      () => 'ok',
      error => (error as Error).name,
    )

  server.failAt(2, 'denied')
  server.failWhen({ operation: ['GetObject', 'HeadObject'], key: /^b/, nth: 2 }, 'internalError')

  expect([await outcome('a'), await outcome('a'), await outcome('b'), await outcome('b'), await outcome('b')]).toEqual([
    'ok',
    'AccessDenied',
    'ok',
    'InternalError',
    'ok',
  ])
})

test('faults queue up, and can be taken back', async () => {
  const { server, client } = await start()
  server.put(Bucket, Key, 'x')
  server.failNext('denied')
  server.failNext('internalError')
  const takeBack = server.failWhen({ key: key => key === Key, times: Number.POSITIVE_INFINITY }, 'conflict')

  const names = [await failure(get(client)), await failure(get(client)), await failure(get(client))].map(({ name }) => name)
  takeBack()

  expect(names).toEqual(['AccessDenied', 'InternalError', 'ConditionalRequestConflict'])
  expect(await get(client)).toBe('x')
})

test('all faults can be cleared', async () => {
  const { server, client } = await start()
  server.failNext('denied', 10)

  server.clearFaults()

  await put(client)
})
