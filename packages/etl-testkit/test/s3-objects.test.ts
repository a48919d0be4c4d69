import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { sendSigned } from './s3-raw.js'
import { Bucket, failure, start } from './s3-support.js'

const Key = 'a'
const md5OfHello = '5d41402abc4b2a76b9719d911017c592'

test('an object is what was put, with all that was said of it', async () => {
  const { client } = await start()
  const said = {
    ContentType: 'text/csv',
    CacheControl: 'no-cache',
    ContentDisposition: 'attachment',
    ContentLanguage: 'en',
    Metadata: { run: '7' },
    StorageClass: 'STANDARD_IA',
  } as const

  const put = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello', Tagging: 'a=1&b=x%20y', ...said }))
  const got = await client.send(new GetObjectCommand({ Bucket, Key }))

  expect(put).toMatchObject({ ETag: `"${md5OfHello}"`, ServerSideEncryption: 'AES256', ChecksumCRC32: 'NhCmhg==' })
  expect(await got.Body!.transformToString()).toBe('hello')
  expect(got).toMatchObject({ ...said, ETag: put.ETag, ContentLength: 5, TagCount: 2, AcceptRanges: 'bytes' })
})

test('HEAD says what GET says, without a body', async () => {
  const { client } = await start()
  await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello', Metadata: { run: '7' } }))

  const { $metadata: _, ...head } = await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
  const { $metadata: __, Body: ___, ...got } = await client.send(new GetObjectCommand({ Bucket, Key }))

  expect(head).toEqual(got)
})

test.each([
  ['bytes=0-1', 'he', 'bytes 0-1/5'],
  ['bytes=3-', 'lo', 'bytes 3-4/5'],
  ['bytes=-2', 'lo', 'bytes 3-4/5'],
  ['bytes=-99', 'hello', 'bytes 0-4/5'],
  ['bytes=1-99', 'ello', 'bytes 1-4/5'],
  ['bytes=0-0,2-3', 'hello', undefined],
  ['bytes=3-1', 'hello', undefined],
])('the range %s is "%s"', async (Range, text, ContentRange) => {
  const { server, client } = await start()
  server.put(Bucket, Key, 'hello')

  const got = await client.send(new GetObjectCommand({ Bucket, Key, Range }))

  expect([await got.Body!.transformToString(), got.ContentRange]).toEqual([text, ContentRange])
  expect(got.$metadata.httpStatusCode).toBe(ContentRange ? 206 : 200)
})

test.each([
  ['hello', 'bytes=5-'],
  ['hello', 'bytes=-0'],
  ['', 'bytes=0-'],
])('of "%s" there is no range %s', async (body, Range) => {
  const { server, client } = await start()
  server.put(Bucket, Key, body)

  expect(await failure(client.send(new GetObjectCommand({ Bucket, Key, Range })))).toMatchObject({
    name: 'InvalidRange',
    status: 416,
  })
})

test('what is not there is NoSuchKey, to HEAD NotFound', async () => {
  const { client } = await start()

  expect(await failure(client.send(new GetObjectCommand({ Bucket, Key })))).toMatchObject({ name: 'NoSuchKey', status: 404 })
  expect(await failure(client.send(new HeadObjectCommand({ Bucket, Key })))).toMatchObject({ name: 'NotFound', status: 404 })
})

test('create-only: the first put wins', async () => {
  const { server, client } = await start()
  const put = (Body: string) => client.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*' }))

  await put('first')

  expect(await failure(put('second'))).toMatchObject({ name: 'PreconditionFailed', status: 412 })
  expect(Buffer.from(server.get(Bucket, Key)!.bytes).toString()).toBe('first')
})

test('of twenty who create at once one wins', async () => {
  const { client } = await start()
  const put = (no: number) => client.send(new PutObjectCommand({ Bucket, Key, Body: String(no), IfNoneMatch: '*' }))

  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, no) => put(no)))

  expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(1)
})

test('replace-if-unchanged: the entity tag decides, quoted or not', async () => {
  const { client } = await start()
  const put = (Body: string, IfMatch?: string) => client.send(new PutObjectCommand({ Bucket, Key, Body, IfMatch }))
  const first = await put('1')

  const second = await put('2', first.ETag)
  await put('3', second.ETag!.replaceAll('"', ''))

  expect(await failure(put('4', second.ETag))).toMatchObject({ name: 'PreconditionFailed', status: 412 })
})

test('an entity tag that should match nothing is NoSuchKey', async () => {
  const { client } = await start()

  const put = client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', IfMatch: `"${md5OfHello}"` }))

  expect(await failure(put)).toMatchObject({ name: 'NoSuchKey', status: 404 })
})

test('conditions of a read', async () => {
  const { server, client } = await start()
  server.put(Bucket, Key, 'hello')
  const ETag = `"${md5OfHello}"`
  const [past, future] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)]
  const status = async (condition: object) =>
    client.send(new HeadObjectCommand({ Bucket, Key, ...condition })).then(
      () => 200,
      error => error.$metadata.httpStatusCode as number,
    )

  expect(await status({ IfMatch: ETag })).toBe(200)
  expect(await status({ IfMatch: '"other"' })).toBe(412)
  expect(await status({ IfNoneMatch: ETag })).toBe(304)
  expect(await status({ IfNoneMatch: '"other"' })).toBe(200)
  expect(await status({ IfModifiedSince: future })).toBe(304)
  expect(await status({ IfUnmodifiedSince: past })).toBe(412)
  // The tag outranks the date.
  expect(await status({ IfMatch: ETag, IfUnmodifiedSince: past })).toBe(200)
  expect(await status({ IfNoneMatch: ETag, IfModifiedSince: past })).toBe(304)
})

test('deleting is done once asked, also of what is not there; with a condition only what is known', async () => {
  const { server, client } = await start()
  const { etag } = server.put(Bucket, Key, 'hello')
  const remove = (IfMatch?: string) => client.send(new DeleteObjectCommand({ Bucket, Key, IfMatch }))

  expect((await failure(remove('"other"'))).name).toBe('PreconditionFailed')
  await remove(etag)
  await remove()

  expect(server.get(Bucket, Key)).toBeUndefined()
  expect((await failure(remove(etag))).status).toBe(404)
})

test('deletes many at once, quietly or not', async () => {
  const { server, client } = await start()
  for (const key of ['a', 'b & <c>', 'd']) server.put(Bucket, key, 'x')
  const remove = (keys: string[], Quiet: boolean) =>
    client.send(new DeleteObjectsCommand({ Bucket, Delete: { Quiet, Objects: keys.map(Key => ({ Key })) } }))

  const loud = await remove(['a', 'b & <c>', 'never there'], false)
  const quiet = await remove(['d'], true)

  expect(loud.Deleted?.map(({ Key }) => Key)).toEqual(['a', 'b & <c>', 'never there'])
  expect(quiet.Deleted).toBeUndefined()
  expect(server.objects(Bucket).size).toBe(0)
})

test('deletes a thousand at most', async () => {
  const { client } = await start()
  const remove = (count: number) => {
    const Objects = Array.from({ length: count }, (_, i) => ({ Key: `k${i}` }))
    return client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
  }

  await remove(1000)
  expect(await failure(remove(1001))).toMatchObject({ name: 'MalformedXML', status: 400 })
})

test('deleting many needs a digest', async () => {
  const { server } = await start()
  const body = '<Delete><Object><Key>a</Key></Object></Delete>'
  const answer = await sendSigned(server, { method: 'POST', path: '/lake', query: { delete: '' }, body })

  expect(answer).toMatchObject({ status: 400, code: 'InvalidRequest' })
})

test('a copy has the bytes, metadata and tags of its source', async () => {
  const { server, client } = await start()
  server.put(Bucket, 'dir/ä b', 'hello', { contentType: 'text/csv', metadata: { run: '7' }, tags: { a: '1' } })

  const { CopyObjectResult } = await client.send(
    new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `lake/${encodeURIComponent('dir/ä b')}` }),
  )

  expect(CopyObjectResult?.ETag).toBe(`"${md5OfHello}"`)
  expect(server.get(Bucket, 'copy')).toMatchObject({ contentType: 'text/csv', metadata: { run: '7' }, tags: { a: '1' } })
})

test('a copy replaces metadata and tags if told to', async () => {
  const { server, client } = await start()
  server.put(Bucket, Key, 'hello', { metadata: { run: '7' }, tags: { a: '1' } })
  const replacing = { MetadataDirective: 'REPLACE', Metadata: { run: '8' }, TaggingDirective: 'REPLACE', Tagging: 'b=2' } as const

  await client.send(new CopyObjectCommand({ Bucket, Key, CopySource: 'lake/a', ...replacing }))

  expect(server.get(Bucket, Key)).toMatchObject({ metadata: { run: '8' }, tags: { b: '2' } })
})

test('a copy is refused: onto itself, from nothing, under a condition that does not hold', async () => {
  const { server, client } = await start()
  server.put(Bucket, Key, 'hello')
  const copy = (to: string, CopySource: string, more = {}) =>
    failure(client.send(new CopyObjectCommand({ Bucket, Key: to, CopySource, ...more })))

  expect((await copy(Key, 'lake/a')).name).toBe('InvalidRequest')
  expect((await copy('b', 'lake/none')).name).toBe('NoSuchKey')
  expect((await copy('b', 'nowhere/a')).name).toBe('NoSuchBucket')
  expect((await copy('b', 'lake/a', { CopySourceIfMatch: '"other"' })).name).toBe('PreconditionFailed')
  expect((await copy('b', 'lake/a', { CopySourceIfNoneMatch: md5OfHello })).name).toBe('PreconditionFailed')
  expect((await copy(Key, 'lake/a', { IfNoneMatch: '*', StorageClass: 'GLACIER' })).name).toBe('PreconditionFailed')
})

test('tags are put, read and taken away', async () => {
  const { server, client } = await start()
  server.put(Bucket, Key, 'hello', { tags: { old: '0' } })
  const TagSet = [
    { Key: 'a', Value: '<1>' },
    { Key: 'b', Value: '' },
  ]

  await client.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet } }))
  expect((await client.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet).toEqual(TagSet)
  await client.send(new DeleteObjectTaggingCommand({ Bucket, Key }))

  expect((await client.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet).toEqual([])
})

test('tags have limits', async () => {
  const { client } = await start()
  const put = (Tagging: string) => failure(client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', Tagging })))

  expect((await put(Array.from({ length: 11 }, (_, i) => `k${i}=v`).join('&'))).name).toBe('BadRequest')
  expect((await put('a=1&a=2')).name).toBe('InvalidTag')
})

test('SSE-KMS is echoed, and the entity tag is no MD5', async () => {
  const { client } = await start()
  const sse = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/lake', BucketKeyEnabled: true } as const

  await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello', ...sse }))

  const head = await client.send(new HeadObjectCommand({ Bucket, Key }))
  expect(head).toMatchObject(sse)
  expect(head.ETag).not.toBe(`"${md5OfHello}"`)
})

test('keys, metadata and storage classes have limits', async () => {
  const { client } = await start()
  const put = (more: object) => failure(client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ...more })))

  expect((await put({ Key: 'é'.repeat(513) })).name).toBe('KeyTooLongError')
  expect((await put({ Metadata: { a: 'x'.repeat(2048) } })).name).toBe('MetadataTooLarge')
  expect((await put({ StorageClass: 'CELLAR' })).name).toBe('InvalidStorageClass')
})

test('an archived object can be looked at, not read', async () => {
  const { server, client } = await start()
  server.put(Bucket, Key, 'hello', { storageClass: 'GLACIER' })

  expect((await client.send(new HeadObjectCommand({ Bucket, Key }))).StorageClass).toBe('GLACIER')
  expect(await failure(client.send(new GetObjectCommand({ Bucket, Key })))).toMatchObject({
    name: 'InvalidObjectState',
    status: 403,
  })
})
