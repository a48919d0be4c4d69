import { execFile } from 'node:child_process'
import { Agent } from 'node:http'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { s3Server } from '@millrace/etl-testkit/s3'
import { expect, test } from 'vitest'
import { send, sendSigned } from './s3-raw.js'
import { Bucket, clientOf, failure, start } from './s3-support.js'

const Key = 'a'

test.each<[string, string, Parameters<typeof sendSigned>[1]]>([
  ['an operation', 'GET bucket?acl', { path: '/lake', query: { acl: '' } }],
  ['a parameter of an operation', 'GET object?torrent', { path: '/lake/a', query: { torrent: '' } }],
  ['a method', 'PATCH object', { method: 'PATCH', path: '/lake/a' }],
  [
    'a header',
    'the header x-amz-object-lock-mode',
    { method: 'PUT', path: '/lake/a', headers: { 'x-amz-object-lock-mode': 'GOVERNANCE' } },
  ],
  [
    'keys of the client',
    'SSE-C (x-amz-server-side-encryption-customer-algorithm)',
    { method: 'PUT', path: '/lake/a', headers: { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' } },
  ],
  [
    'a condition',
    'If-None-Match other than * on a write',
    { method: 'PUT', path: '/lake/a', headers: { 'if-none-match': '"x"' } },
  ],
])('what it does not implement it refuses and lists: %s', async (_, what, raw) => {
  const { server } = await start()

  expect(await sendSigned(server, raw)).toMatchObject({ status: 501, code: 'NotImplemented' })
  expect(server.unsupported).toEqual([what])
  expect(server.objects(Bucket).size).toBe(0)
})

test('the SDK hears of it, too', async () => {
  const { server, client } = await start()

  expect(await failure(client.send(new ListObjectsCommand({ Bucket })))).toMatchObject({ name: 'NotImplemented', status: 501 })
  expect(server.requests[0]!.operation).toBe('Unsupported')
})

test('an ACL is refused, as by buckets of today', async () => {
  const { client } = await start()
  const put = (ACL: 'public-read' | 'bucket-owner-full-control') =>
    client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ACL }))

  await put('bucket-owner-full-control')
  expect((await failure(put('public-read'))).name).toBe('AccessControlListNotSupported')
})

test('an expected owner is checked', async () => {
  const { client } = await start()
  const put = (ExpectedBucketOwner: string) => client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ExpectedBucketOwner }))

  await put('000000000000')
  expect((await failure(put('111111111111'))).name).toBe('AccessDenied')
})

test('errors have code, message, resource and the number of their request', async () => {
  const { server } = await start()
  await sendSigned(server, { path: '/lake', query: { location: '' } })

  const { text, headers } = await sendSigned(server, { path: '/lake/no%20such' })

  expect(text).toContain('<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>')
  expect(text).toContain('<Resource>/lake/no such</Resource><RequestId>0000000000000002</RequestId>')
  expect(headers['x-amz-request-id']).toBe('0000000000000002')
})

test('a path that cannot be decoded is no address', async () => {
  const { server } = await start()

  expect(await send(server, { path: '/lake/%E9' })).toMatchObject({ status: 400, code: 'InvalidURI' })
})

test('the log says what was asked and what came of it', async () => {
  const { server, client } = await start()

  await client.send(new PutObjectCommand({ Bucket, Key: 'dir/a', Body: 'hello', ContentType: 'text/csv' }))
  await (await client.send(new GetObjectCommand({ Bucket, Key: 'dir/a', Range: 'bytes=0-1' }))).Body!.transformToString()
  await failure(client.send(new GetObjectCommand({ Bucket, Key: 'none' })))

  expect(server.requests).toMatchObject([
    { no: 1, operation: 'PutObject', method: 'PUT', bucket: 'lake', key: 'dir/a', status: 200, bytesIn: 5, bytesOut: 0 },
    { no: 2, operation: 'GetObject', headers: { range: 'bytes=0-1' }, status: 206, bytesIn: 0, bytesOut: 2 },
    { no: 3, operation: 'GetObject', key: 'none', status: 404, code: 'NoSuchKey' },
  ])
  expect(server.requests[0]!.headers['content-type']).toBe('text/csv')
})

test('the world can be seen and changed without a request', async () => {
  const { server } = await start()
  server.createBucket('pond')

  server.put('pond', 'b', new Uint8Array([1, 2]))
  server.put('pond', 'a', 'text', { contentType: 'text/plain', metadata: { Run: '7' }, tags: { t: '&' } })

  expect([...server.objects('pond').keys()]).toEqual(['a', 'b'])
  expect(server.get('pond', 'a')).toMatchObject({ contentType: 'text/plain', metadata: { run: '7' }, tags: { t: '&' } })
  server.delete('pond', 'a')
  expect(server.get('pond', 'a')).toBeUndefined()
  expect(server.requests).toEqual([])
  expect(() => server.objects('nowhere')).toThrow('The specified bucket does not exist')
})

test('buckets can be hosts', async () => {
  const { server } = await start({ hostnames: ['s3.test'] })
  const port = new URL(server.url).port
  const lookup: NonNullable<ConstructorParameters<typeof Agent>[0]>['lookup'] = (_name, { all }, done) =>
    all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)
  const httpAgent = new Agent({ lookup })
  const client = clientOf(server, { endpoint: `http://s3.test:${port}`, forcePathStyle: false, requestHandler: { httpAgent } })

  await client.send(new PutObjectCommand({ Bucket, Key: 'dir/a', Body: 'hello' }))

  expect(server.requests[0]!.headers.host).toBe(`lake.s3.test:${port}`)
  expect([...server.objects(Bucket).keys()]).toEqual(['dir/a'])
})

test('a client can take it for AWS', async () => {
  const { server } = await start({ region: 'eu-west-1' })
  const client = clientOf(server, { ...server.awsClientConfig(), forcePathStyle: false })

  await client.send(new PutObjectCommand({ Bucket, Key: 'dir/a', Body: 'hello' }))

  expect(server.requests[0]!.headers.host).toBe('lake.s3.eu-west-1.amazonaws.com')
  expect([...server.objects(Bucket).keys()]).toEqual(['dir/a'])
})

test('a child process finds it by its environment', async () => {
  const { server } = await start()
  const script = `
    const { S3Client, PutObjectCommand } = require('@aws-sdk/client-s3')
    new S3Client().send(new PutObjectCommand({ Bucket: 'lake', Key: 'from-child', Body: 'hi' }))
      .catch(error => { console.error(error); process.exit(1) })`

  await promisify(execFile)(process.execPath, ['--no-warnings', '-e', script], { cwd: import.meta.dirname, env: server.env() })

  expect([...server.objects(Bucket).keys()]).toEqual(['from-child'])
})

test('closing ends what is under way', async () => {
  const server = await s3Server({ buckets: ['lake'] })
  const client = clientOf(server)
  server.failNext({ delayMs: 60_000 })
  const putting = failure(client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' })))
  while (server.open === 0) await new Promise(resolve => setImmediate(resolve))

  await server.close()

  expect((await putting).message).toMatch(/ECONNRESET|socket hang up/)
  expect(server.open).toBe(0)
})

test('a client that gives up leaves no open request', async () => {
  const { server, client } = await start()
  server.failNext({ delayMs: 50 })
  const giveUp = new AbortController()
  const putting = failure(client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }), { abortSignal: giveUp.signal }))
  while (server.open === 0) await new Promise(resolve => setImmediate(resolve))

  giveUp.abort()

  expect((await putting).name).toBe('AbortError')
  await expect.poll(() => server.open).toBe(0)
})

test('like RADOS Gateway: trailers and quoted tags are refused, checksums and tags are not given', async () => {
  const { client } = await start({ like: 'radosgw', minPartBytes: 1 })
  const put = (more: object) => client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ...more }))
  const { ETag } = await put({})

  const streamed = put({ Body: Readable.from(['x']), ContentLength: 1 })
  expect(await failure(streamed)).toMatchObject({ name: 'MissingContentLength', status: 411 })
  expect((await failure(put({ IfMatch: ETag }))).status).toBe(412)
  await put({ IfMatch: ETag!.replaceAll('"', '') })

  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
  const part = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'x' }))
  const Parts = [{ PartNumber: 1, ETag: part.ETag }]
  const completed = await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }))
  expect([completed.ETag || 'none', completed.ChecksumCRC32]).toEqual(['none', undefined])
})
