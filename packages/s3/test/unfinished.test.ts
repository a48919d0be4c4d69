import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3'
import { quietly } from '@millrace/aws'
import { describe, expect, test } from 'vitest'
import { awsWorld, bucket, failureOf, operationsOf, type S3World, s3World } from './support/world.js'

const unfinished = ({ server }: S3World) => server.unfinishedUploads(bucket).map(({ key }) => key)

/** Uploads that someone began and nobody ends. */
async function begin({ server }: S3World, keys: readonly string[]): Promise<void> {
  const client = quietly(() => new S3Client(server.clientConfig()))
  for (const Key of keys) await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }))
  client.destroy()
}

describe('ending unfinished uploads', () => {
  test('ends those below the prefix, whatever their keys hold, and no other', async () => {
    await using world = await s3World({ prefix: 'in' })
    await begin(world, ['in/load 1/a+b', 'in/load 1/ñ%20', 'in/load 10/a', 'load 1/a'])

    await world.store.endUnfinished?.({ prefix: 'load 1/' })

    expect(unfinished(world)).toEqual(['in/load 10/a', 'load 1/a'])
  })

  test('ends those of one key, and none of a key that begins with it', async () => {
    await using world = await s3World({ prefix: 'in' })
    await begin(world, ['in/all.csv', 'in/all.csv', 'in/all.csv.gz', 'all.csv'])

    await world.store.endUnfinished?.({ key: 'all.csv' })

    expect(unfinished(world)).toEqual(['in/all.csv.gz', 'all.csv'])
  })

  test('goes on page by page', async () => {
    await using world = await s3World({}, { pageEntries: 2 })
    await begin(world, ['dead/1', 'dead/2', 'dead/2', 'dead/2', 'dead/3'])

    await world.store.endUnfinished?.({ prefix: 'dead/' })

    expect(unfinished(world)).toEqual([])
    expect(operationsOf(world).filter(operation => operation === 'ListMultipartUploads')).toHaveLength(3)
  })

  test('is denied as a sink is', async () => {
    await using world = await s3World()
    world.server.failWhen({ operation: 'ListMultipartUploads' }, 'denied')

    expect((await failureOf(world.store.endUnfinished?.({ prefix: 'dead/' }) ?? Promise.resolve())).code).toBe('ETL_SINK_DENIED')
  })
})

test('an upload whose beginning is not answered leaves one without a part, whose id nobody learns', async () => {
  await using world = await awsWorld({ partBytes: 5 << 20 })
  world.server.failWhen({ operation: 'CreateMultipartUpload' }, 'resetAfter')

  await world.store.put('big', new Uint8Array(12 << 20))

  expect(world.server.get(bucket, 'big')?.bytes.length).toBe(12 << 20)
  expect(world.server.unfinishedUploads(bucket).map(({ key, parts }) => [key, parts])).toEqual([['big', []]])
})
