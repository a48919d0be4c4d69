import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { Bucket, clientOf, failure, start } from './s3-support.js'

const Key = 'big'
const small = { minPartBytes: 10 }
const parts = ['0123456789', 'abcdefghij', 'end']

async function begin(
  client: S3Client,
  bodies: readonly string[] = parts,
  input: Partial<CreateMultipartUploadCommandInput> = {},
) {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...input }))
  const done: CompletedPart[] = []
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1
    const ChecksumAlgorithm = input.ChecksumAlgorithm
    const part = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm }))
    const { $metadata: _, ServerSideEncryption: __, ...sums } = part
    done.push({ PartNumber, ...sums })
  }
  return { UploadId, done }
}

function complete(
  client: S3Client,
  UploadId: string | undefined,
  Parts: CompletedPart[],
  more: Partial<CompleteMultipartUploadCommandInput> = {},
) {
  return client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }))
}

test('parts become an object when they are completed, and not before', async () => {
  const { server, client } = await start(small)

  const { UploadId, done } = await begin(client, parts, { ContentType: 'text/csv', Metadata: { run: '7' }, Tagging: 'a=1' })
  expect(server.objects(Bucket).size).toBe(0)
  await complete(client, UploadId, done)

  expect(Buffer.from(server.get(Bucket, Key)!.bytes).toString()).toBe(parts.join(''))
  expect(server.get(Bucket, Key)).toMatchObject({ contentType: 'text/csv', metadata: { run: '7' }, tags: { a: '1' } })
  expect(server.get(Bucket, Key)!.partSizes).toEqual([10, 10, 3])
  expect(server.unfinishedUploads(Bucket)).toEqual([])
})

test("the entity tag is the MD5 of the parts' MD5s, and their number", async () => {
  const { client } = await start(small)
  const md5 = (data: string | Buffer) => createHash('md5').update(data).digest()

  const { UploadId, done } = await begin(client)

  expect(done[0]!.ETag).toBe(`"${md5(parts[0]!).toString('hex')}"`)
  const { ETag } = await complete(client, UploadId, done)
  expect(ETag).toBe(`"${md5(Buffer.concat(parts.map(md5))).toString('hex')}-3"`)
})

test.each<[ChecksumAlgorithm, 'COMPOSITE' | 'FULL_OBJECT']>([
  ['CRC32', 'COMPOSITE'],
  ['CRC32C', 'FULL_OBJECT'],
  ['CRC64NVME', 'FULL_OBJECT'],
  ['SHA256', 'COMPOSITE'],
])('%s of the object is %s, and the SDK finds it right', async (ChecksumAlgorithm, ChecksumType) => {
  const { client } = await start(small)

  const { UploadId, done } = await begin(client, parts, { ChecksumAlgorithm, ChecksumType })
  const completed = await complete(client, UploadId, done)

  const sum = completed[`Checksum${ChecksumAlgorithm}` as 'ChecksumCRC32']
  expect(completed.ChecksumType).toBe(ChecksumType)
  expect(sum).toMatch(ChecksumType === 'COMPOSITE' ? /-3$/ : /=$/)
  expect(await (await client.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToString()).toBe(parts.join(''))
})

test('parts may be left out and sent twice; the last of a number counts', async () => {
  const { server, client } = await start(small)
  const { UploadId, done } = await begin(client, ['first try!', 'not wanted', 'end'])

  const PartNumber = 1
  const again = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body: 'second try' }))
  await complete(client, UploadId, [{ PartNumber, ETag: again.ETag, ChecksumCRC32: again.ChecksumCRC32 }, done[2]!])

  expect(Buffer.from(server.get(Bucket, Key)!.bytes).toString()).toBe('second tryend')
})

test.each<[string, (done: CompletedPart[]) => CompletedPart[], string]>([
  ['parts out of order', done => [done[1]!, done[0]!], 'InvalidPartOrder'],
  ['a part twice', done => [done[0]!, done[0]!], 'InvalidPartOrder'],
  ['a part that was not sent', done => [...done, { ...done[0]!, PartNumber: 9 }], 'InvalidPart'],
  ['a part with another tag', done => [{ ...done[0]!, ETag: done[1]!.ETag }], 'InvalidPart'],
  ['a part with another checksum', done => [{ ...done[0]!, ChecksumCRC32: 'AAAAAA==' }], 'InvalidPart'],
  ['a part without its checksum', done => [{ PartNumber: 1, ETag: done[0]!.ETag }], 'InvalidRequest'],
  ['no parts', () => [], 'MalformedXML'],
])('refuses %s, and the upload can still be completed', async (_, change, name) => {
  const { client } = await start(small)
  const { UploadId, done } = await begin(client, parts, { ChecksumAlgorithm: 'CRC32' })

  expect(await failure(complete(client, UploadId, change(done)))).toMatchObject({ name, status: 400 })
  await complete(client, UploadId, done)
})

test('a part before the last must have 5 MiB', async () => {
  const { client } = await start()
  const { UploadId, done } = await begin(client, ['x'.repeat(5 * 1024 * 1024 - 1), 'end'])

  expect(await failure(complete(client, UploadId, done))).toMatchObject({ name: 'EntityTooSmall', status: 400 })
  await complete(client, UploadId, done.slice(0, 1))
})

test('a checksum or size of the whole that is wrong is refused', async () => {
  const { client } = await start(small)
  const { UploadId, done } = await begin(client)

  expect((await failure(complete(client, UploadId, done, { ChecksumCRC32: 'AAAAAA==' }))).name).toBe('BadDigest')
  expect((await failure(complete(client, UploadId, done, { MpuObjectSize: 22 }))).name).toBe('InvalidRequest')
  await complete(client, UploadId, done, { MpuObjectSize: 23 })
})

test('parts bring the checksum the upload was begun with', async () => {
  const { client } = await start(small)
  const { UploadId } = await begin(client, [], { ChecksumAlgorithm: 'SHA256' })
  const part = { Bucket, Key, UploadId, PartNumber: 1, Body: 'x' }

  expect(await failure(client.send(new UploadPartCommand({ ...part, ChecksumAlgorithm: 'CRC32' })))).toMatchObject({
    name: 'InvalidRequest',
    message: 'Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32',
  })
})

test('part numbers go from 1 to 10,000', async () => {
  const { client } = await start(small)
  const { UploadId } = await begin(client, [])
  const put = (PartNumber: number) => client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body: 'x' }))

  await put(10_000)
  expect((await failure(put(0))).name).toBe('InvalidArgument')
  expect((await failure(put(10_001))).name).toBe('InvalidArgument')
})

test('an upload begun without an algorithm takes parts with any, and has a CRC-64 of the whole', async () => {
  const { client } = await start(small)
  const { UploadId, done } = await begin(client)

  expect(done[0]!.ChecksumCRC32).toBeDefined()
  const completed = await complete(client, UploadId, [{ ...done[0]! }, { PartNumber: 2, ETag: done[1]!.ETag }])

  expect(completed).toMatchObject({ ChecksumType: 'FULL_OBJECT', ChecksumCRC64NVME: expect.stringMatching(/=$/) })
})

test('completion is conditional, and a refusal leaves the upload to be aborted', async () => {
  const { server, client } = await start(small)
  const { etag } = server.put(Bucket, Key, 'already here')
  const { UploadId, done } = await begin(client)

  expect(await failure(complete(client, UploadId, done, { IfNoneMatch: '*' }))).toMatchObject({
    name: 'PreconditionFailed',
    status: 412,
  })
  expect((await failure(complete(client, UploadId, done, { IfMatch: '"other"' }))).status).toBe(412)
  expect(server.unfinishedUploads(Bucket)).toMatchObject([
    { key: Key, uploadId: UploadId, parts: [{ bytes: 10 }, { bytes: 10 }, { bytes: 3 }] },
  ])
  await complete(client, UploadId, done, { IfMatch: etag })
})

test('completing again answers the same, conditions or not', async () => {
  const { server, client } = await start(small)
  const { UploadId, done } = await begin(client)

  const { $metadata: _, ...first } = await complete(client, UploadId, done, { IfNoneMatch: '*' })
  const { $metadata: __, ...second } = await complete(client, UploadId, done, { IfNoneMatch: '*' })

  expect(second).toEqual(first)
  expect((await failure(complete(client, UploadId, done.slice(0, 1)))).name).toBe('NoSuchUpload')
  expect(server.objects(Bucket).size).toBe(1)
})

test.each([
  ['noSuchUpload', 'NoSuchUpload', 404],
  ['preconditionFailed', 'PreconditionFailed', 412],
] as const)('completing again can be %s', async (repeatedComplete, name, status) => {
  const { client } = await start({ ...small, repeatedComplete })
  const { UploadId, done } = await begin(client)
  await complete(client, UploadId, done, { IfNoneMatch: '*' })

  expect(await failure(complete(client, UploadId, done, { IfNoneMatch: '*' }))).toMatchObject({ name, status })
})

test('an aborted upload is gone, and was never seen', async () => {
  const { server, client } = await start(small)
  const { UploadId, done } = await begin(client)
  const abort = () => client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))

  await abort()

  expect(server.unfinishedUploads(Bucket)).toEqual([])
  expect((await failure(complete(client, UploadId, done))).name).toBe('NoSuchUpload')
  expect((await failure(abort())).name).toBe('NoSuchUpload')
  expect(server.objects(Bucket).size).toBe(0)
})

test('an upload belongs to its key', async () => {
  const { client } = await start(small)
  const { UploadId } = await begin(client, [])

  const other = client.send(new UploadPartCommand({ Bucket, Key: 'other', UploadId, PartNumber: 1, Body: 'x' }))

  expect((await failure(other)).name).toBe('NoSuchUpload')
})

test('a part can be copied, whole or a range', async () => {
  const { server, client } = await start(small)
  server.put(Bucket, 'source', '0123456789abcdef')
  const { UploadId } = await begin(client, [])
  const copy = async (PartNumber: number, CopySourceRange?: string) => {
    const input = { Bucket, Key, UploadId, PartNumber, CopySource: 'lake/source', CopySourceRange }
    const { CopyPartResult } = await client.send(new UploadPartCopyCommand(input))
    return { PartNumber, ETag: CopyPartResult?.ETag, ChecksumCRC32: CopyPartResult?.ChecksumCRC32 }
  }

  const done = [await copy(1), await copy(2, 'bytes=10-12')]
  await complete(client, UploadId, done)

  expect(Buffer.from(server.get(Bucket, Key)!.bytes).toString()).toBe('0123456789abcdefabc')
  expect((await failure(copy(3, 'bytes=10-16'))).name).toBe('NoSuchUpload')
})

test('a range that leaves the source is refused when it is copied', async () => {
  const { server, client } = await start(small)
  server.put(Bucket, 'source', '0123456789')
  const { UploadId } = await begin(client, [])
  const copy = (CopySourceRange: string) =>
    client.send(new UploadPartCopyCommand({ Bucket, Key, UploadId, PartNumber: 1, CopySource: 'lake/source', CopySourceRange }))

  expect((await failure(copy('bytes=5-10'))).name).toBe('InvalidArgument')
  expect((await failure(copy('bytes=5-'))).name).toBe('InvalidArgument')
})

test('lists parts, page by page', async () => {
  const { client } = await start(small)
  const { UploadId, done } = await begin(client, parts, { ChecksumAlgorithm: 'CRC32' })

  const first = await client.send(new ListPartsCommand({ Bucket, Key, UploadId, MaxParts: 2 }))
  const rest = await client.send(new ListPartsCommand({ Bucket, Key, UploadId, PartNumberMarker: first.NextPartNumberMarker }))

  const shown = [...(first.Parts ?? []), ...(rest.Parts ?? [])]
  expect(shown).toMatchObject(done)
  expect([first.IsTruncated, rest.IsTruncated]).toEqual([true, false])
  expect(first.ChecksumAlgorithm).toBe('CRC32')
})

test('lists uploads, page by page and by prefix', async () => {
  const { client } = await start(small)
  const keys = ['b/1', 'a/1', 'a/2']
  for (const key of keys) await begin(client, [], { Key: key })

  const first = await client.send(new ListMultipartUploadsCommand({ Bucket, MaxUploads: 2 }))
  const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = first
  const rest = await client.send(new ListMultipartUploadsCommand({ Bucket, KeyMarker, UploadIdMarker }))
  const ofA = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'a/' }))

  const shown = [...(first.Uploads ?? []), ...(rest.Uploads ?? [])]
  expect(shown.map(({ Key }) => Key)).toEqual(['a/1', 'a/2', 'b/1'])
  expect(ofA.Uploads?.length).toBe(2)
})

test('an object of parts can be read by part', async () => {
  const { client } = await start(small)
  const { UploadId, done } = await begin(client)
  await complete(client, UploadId, done)

  const second = await client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 2 }))

  expect(await second.Body!.transformToString()).toBe(parts[1])
  expect(second).toMatchObject({ PartsCount: 3, ContentRange: 'bytes 10-19/23' })
  expect((await client.send(new HeadObjectCommand({ Bucket, Key, PartNumber: 1 }))).ContentLength).toBe(10)
  expect((await failure(client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 4 })))).status).toBe(416)
})

test('a client that sends no checksums gets through, too', async () => {
  const { server } = await start(small)
  const client = clientOf(server, { requestChecksumCalculation: 'WHEN_REQUIRED' })

  const { UploadId, done } = await begin(client)
  const { ChecksumCRC64NVME } = await complete(client, UploadId, done)

  expect(ChecksumCRC64NVME).toMatch(/=$/)
})
