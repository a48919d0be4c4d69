import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { sendSigned } from './s3-raw.js'
import { Bucket, clientOf, failure, start } from './s3-support.js'

const Key = 'a'

test('buckets are made, found, listed and taken away', async () => {
  const { client } = await start()

  await client.send(new CreateBucketCommand({ Bucket: 'pond' }))
  await client.send(new HeadBucketCommand({ Bucket: 'pond' }))
  expect((await client.send(new ListBucketsCommand())).Buckets?.map(({ Name }) => Name)).toEqual(['lake', 'pond'])
  await client.send(new DeleteBucketCommand({ Bucket: 'pond' }))

  expect(await failure(client.send(new HeadBucketCommand({ Bucket: 'pond' })))).toMatchObject({ name: 'NotFound', status: 404 })
})

test('a bucket that holds something stays', async () => {
  const { server, client } = await start()
  server.put(Bucket, Key, 'x')

  expect(await failure(client.send(new DeleteBucketCommand({ Bucket })))).toMatchObject({ name: 'BucketNotEmpty', status: 409 })
})

test('a bucket can be made twice in the first region, and only there', async () => {
  const { client } = await start()
  const { client: elsewhere } = await start({ region: 'eu-west-1' })

  await client.send(new CreateBucketCommand({ Bucket }))
  expect(await failure(elsewhere.send(new CreateBucketCommand({ Bucket })))).toMatchObject({
    name: 'BucketAlreadyOwnedByYou',
    status: 409,
  })
})

test.each(['UPPER', 'ab', 'under_score', '10.0.0.1', 'dot..dot'])('no bucket is called %s', async name => {
  const { server } = await start()

  expect(await sendSigned(server, { method: 'PUT', path: `/${name}` })).toMatchObject({ status: 400, code: 'InvalidBucketName' })
})

test('what happens in no bucket is NoSuchBucket', async () => {
  const { client } = await start()
  const nowhere = { Bucket: 'nowhere' }

  expect((await failure(client.send(new PutObjectCommand({ ...nowhere, Key, Body: 'x' })))).name).toBe('NoSuchBucket')
  expect((await failure(client.send(new ListObjectsV2Command(nowhere)))).name).toBe('NoSuchBucket')
})

test('a bucket says where it is; of the first region it says nothing', async () => {
  const { server, client } = await start()
  server.createBucket('north', { region: 'eu-north-1' })
  const north = clientOf(server, { region: 'eu-north-1' })

  expect((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBeFalsy()
  expect((await north.send(new GetBucketLocationCommand({ Bucket: 'north' }))).LocationConstraint).toBe('eu-north-1')
})

test("who asks in another region is sent to the bucket's, and may follow", async () => {
  const { server, client } = await start()
  server.createBucket('north', { region: 'eu-north-1' })
  server.put('north', Key, 'cold')
  const following = clientOf(server, { followRegionRedirects: true })
  const get = (by: S3Client) => by.send(new GetObjectCommand({ Bucket: 'north', Key }))

  expect(await failure(get(client))).toMatchObject({ name: 'PermanentRedirect', status: 301 })
  expect(server.requests[0]!.code).toBe('PermanentRedirect')
  expect(await (await get(following)).Body!.transformToString()).toBe('cold')
})

test('a new bucket lies in the region of its request', async () => {
  const { server } = await start()
  const north = clientOf(server, { region: 'eu-north-1' })

  await north.send(new CreateBucketCommand({ Bucket: 'north' }))

  expect((await north.send(new HeadBucketCommand({ Bucket: 'north' }))).BucketRegion).toBe('eu-north-1')
  expect(await sendSigned(server, { method: 'PUT', path: '/bare' }, { region: 'eu-north-1' })).toMatchObject({
    status: 400,
    code: 'IllegalLocationConstraintException',
  })
})

async function versioned() {
  const { server, client } = await start()
  server.createBucket('past', { versioning: true })
  const put = async (Body: string) => (await client.send(new PutObjectCommand({ Bucket: 'past', Key, Body }))).VersionId!
  const get = async (VersionId?: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'past', Key, VersionId }))
    return Body!.transformToString()
  }
  return { server, client, put, get }
}

test('versioning is switched on and off', async () => {
  const { client } = await start()
  const status = async () => (await client.send(new GetBucketVersioningCommand({ Bucket }))).Status
  const set = (Status: 'Enabled' | 'Suspended') =>
    client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }))

  expect(await status()).toBeUndefined()
  await set('Enabled')
  expect(await status()).toBe('Enabled')
  await set('Suspended')
  expect(await status()).toBe('Suspended')
})

test('old versions stay readable', async () => {
  const { put, get } = await versioned()
  const [first, second] = [await put('1'), await put('2')]

  expect([await get(), await get(first), await get(second)]).toEqual(['2', '1', '2'])
  expect((await failure(get('none'))).name).toBe('NoSuchVersion')
})

test('deleting leaves a marker, and deleting the marker brings the object back', async () => {
  const { server, client, put, get } = await versioned()
  await put('1')

  const { VersionId, DeleteMarker } = await client.send(new DeleteObjectCommand({ Bucket: 'past', Key }))
  expect(DeleteMarker).toBe(true)
  expect((await failure(get())).name).toBe('NoSuchKey')
  expect(await failure(get(VersionId))).toMatchObject({ name: 'MethodNotAllowed', status: 405 })
  expect(server.objects('past').size).toBe(0)
  await client.send(new DeleteObjectCommand({ Bucket: 'past', Key, VersionId }))

  expect(await get()).toBe('1')
})

test('many versions are deleted at once', async () => {
  const { server, client, put } = await versioned()
  const Objects = [await put('1'), await put('2')].map(VersionId => ({ Key, VersionId }))

  const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket: 'past', Delete: { Objects } }))

  expect(Deleted?.map(({ VersionId }) => VersionId)).toEqual(Objects.map(({ VersionId }) => VersionId))
  expect(server.versionIds('past', Key)).toEqual([])
})

test('versions are listed newest first, page by page', async () => {
  const { client, put } = await versioned()
  const [first, second] = [await put('1'), await put('2')]
  await client.send(new PutObjectCommand({ Bucket: 'past', Key: 'b', Body: 'x' }))
  await client.send(new DeleteObjectCommand({ Bucket: 'past', Key: 'b' }))

  const page = await client.send(new ListObjectVersionsCommand({ Bucket: 'past', MaxKeys: 2 }))
  const rest = await client.send(
    new ListObjectVersionsCommand({ Bucket: 'past', KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }),
  )

  expect(page.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
    [second, true],
    [first, false],
  ])
  expect([rest.DeleteMarkers?.length, rest.Versions?.length, rest.IsTruncated]).toEqual([1, 1, false])
})

test('with versioning suspended the version "null" is written over', async () => {
  const { server, client, put, get } = await versioned()
  const kept = await put('kept')
  const VersioningConfiguration = { Status: 'Suspended' } as const
  await client.send(new PutBucketVersioningCommand({ Bucket: 'past', VersioningConfiguration }))

  await put('1')
  await put('2')

  expect([await get(), await get(kept), await get('null')]).toEqual(['2', 'kept', '2'])
  expect(server.versionIds('past', Key)).toEqual([kept, 'null'])
})

test('tags belong to a version', async () => {
  const { client } = await versioned()
  const put = (Tagging: string) => client.send(new PutObjectCommand({ Bucket: 'past', Key, Body: 'x', Tagging }))
  const { VersionId } = await put('a=1')
  await put('a=2')

  const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket: 'past', Key, VersionId }))

  expect(TagSet).toEqual([{ Key: 'a', Value: '1' }])
})
