import { ListObjectsV2Command, type ListObjectsV2CommandInput, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sendSigned } from './s3-raw.js'
import { Bucket, failure, start } from './s3-support.js'

const runs = 40 * (process.env.MILLRACE_TEST_LONG ? 20 : 1)

async function listed(client: S3Client, input: Omit<ListObjectsV2CommandInput, 'Bucket'> = {}) {
  const lines: string[] = []
  let pages = 0
  for await (const page of paginateListObjectsV2({ client }, { Bucket, ...input })) {
    pages++
    expect(page.KeyCount).toBe((page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0))
    lines.push(...(page.Contents ?? []).map(({ Key }) => Key!), ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!))
  }
  return { lines, pages }
}

async function lake(...keys: string[]) {
  const { server, client } = await start()
  for (const key of keys) server.put(Bucket, key, key)
  return { server, client }
}

test('lists what lies there', async () => {
  const { server, client } = await lake('a.txt')

  const { Contents, IsTruncated } = await client.send(new ListObjectsV2Command({ Bucket }))

  const { etag } = server.get(Bucket, 'a.txt')!
  expect(Contents).toEqual([expect.objectContaining({ Key: 'a.txt', ETag: `"${etag}"`, Size: 5, StorageClass: 'STANDARD' })])
  expect(IsTruncated).toBe(false)
})

test('keys ascend by their UTF-8 bytes, not as JavaScript sorts', async () => {
  const { client } = await lake('\u{1F600}', '\uFF5E', 'a', 'B', 'é', 'a/b', 'a-b')

  expect((await listed(client)).lines).toEqual(['B', 'a', 'a-b', 'a/b', 'é', '\uFF5E', '\u{1F600}'])
})

test('a page has 1,000 keys at most, whatever is asked for', async () => {
  const { client } = await lake(...Array.from({ length: 1001 }, (_, i) => `k${i}`))

  const first = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 5000 }))

  expect([first.Contents?.length, first.IsTruncated]).toEqual([1000, true])
  expect((await listed(client)).lines.length).toBe(1001)
})

test('a delimiter rolls keys up, and a rolled-up prefix appears once however the pages fall', async () => {
  const { client } = await lake('a/1', 'a/2', 'a/3', 'b', 'c/1', 'c/2', 'd/1')

  const { lines, pages } = await listed(client, { Delimiter: '/', MaxKeys: 1 })

  expect(lines).toEqual(['a/', 'b', 'c/', 'd/'])
  expect(pages).toBe(4)
})

test('a prefix is any text, and what it rolls up begins with it', async () => {
  const { client } = await lake('data/a/1', 'data/b', 'database/1', 'other')

  expect((await listed(client, { Prefix: 'data' })).lines.length).toBe(3)
  expect((await listed(client, { Prefix: 'data', Delimiter: '/' })).lines).toEqual(['data/', 'database/'])
  expect((await listed(client, { Prefix: 'data/', Delimiter: '/' })).lines).toEqual(['data/b', 'data/a/'])
})

test('begins behind start-after', async () => {
  const { client } = await lake('a', 'b', 'c')

  expect((await listed(client, { StartAfter: 'a', MaxKeys: 1 })).lines).toEqual(['b', 'c'])
  expect((await listed(client, { StartAfter: 'z' })).lines).toEqual([])
})

test('max-keys of nothing is an empty page, not a truncated one', async () => {
  const { client } = await lake('a')

  expect(await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }))).toMatchObject({ KeyCount: 0, IsTruncated: false })
})

test('keys come URL-encoded if asked for', async () => {
  const { client } = await lake('a b+c/é&<>.txt')

  const { Contents, Prefix } = await client.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url', Prefix: 'a b' }))

  expect(Contents?.[0]?.Key).toBe('a+b%2Bc/%C3%A9%26%3C%3E.txt')
  expect(Prefix).toBe('a+b')
})

test('the owner is told if asked for', async () => {
  const { client } = await lake('a')

  expect((await client.send(new ListObjectsV2Command({ Bucket }))).Contents?.[0]?.Owner).toBeUndefined()
  expect((await client.send(new ListObjectsV2Command({ Bucket, FetchOwner: true }))).Contents?.[0]?.Owner?.ID).toMatch(/^\d+$/)
})

test('pages stay right while keys come and go', async () => {
  const { server, client } = await lake('a', 'b', 'c', 'd')
  const first = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 2 }))

  server.delete(Bucket, 'b')
  server.put(Bucket, 'aa', 'late')
  server.put(Bucket, 'e', 'new')

  const rest = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: first.NextContinuationToken }))
  expect(rest.Contents?.map(({ Key }) => Key)).toEqual(['c', 'd', 'e'])
})

test.each([
  ['a token of somebody else', { ContinuationToken: 'nonsense' }],
  ['a negative count', { MaxKeys: -1 }],
  ['an unknown encoding', { EncodingType: 'base64' as 'url' }],
])('refuses %s', async (_, input) => {
  const { client } = await lake('a')

  expect(await failure(client.send(new ListObjectsV2Command({ Bucket, ...input })))).toMatchObject({
    name: 'InvalidArgument',
    status: 400,
  })
})

test('the old listing is not implemented, and says so', async () => {
  const { server } = await lake('a')

  expect((await sendSigned(server, { path: '/lake' })).status).toBe(501)
  expect(server.unsupported).toEqual(['GET bucket'])
})

test('any pages of any keys make the whole listing', async () => {
  const { server, client } = await start()
  const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é', '\u{1F600}', '\uFFFD', '-'), minLength: 1, maxLength: 6 })

  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      async (keys, MaxKeys, rolls) => {
        for (const old of server.objects(Bucket).keys()) server.delete(Bucket, old)
        for (const each of keys) server.put(Bucket, each, '')
        const expected = rolls ? [...new Set(keys.map(each => each.replace(/\/.*$/s, '/')))] : keys

        const { lines } = await listed(client, { MaxKeys, ...(rolls ? { Delimiter: '/' } : {}) })

        expect(lines.sort()).toEqual([...expected].sort())
      },
    ),
    { numRuns: runs },
  )
})
