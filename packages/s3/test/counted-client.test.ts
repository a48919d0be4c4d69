import { countRequest } from '@millrace/etl-core'
import { describe, expect, it } from 'vitest'
import { countingRequests } from '../../etl-core/src/requests.js'
import { bucket, s3World } from './support/world.js'

const bytes = (length: number) => new Uint8Array(length)

describe('requests to S3', () => {
  it('are counted by operation, as many as the server got', async () => {
    await using world = await s3World({ partBytes: 5 * 1024 * 1024 })

    const requests = await countingRequests(async soFar => {
      await world.store.put('small', bytes(10))
      await world.store.put('large', bytes(11 * 1024 * 1024))
      await world.store.head('small')
      return soFar()
    })

    expect(requests.s3).toMatchObject({ PutObject: 1, UploadPart: 3, HeadObject: 1 })
    expect(sum(requests.s3)).toBe(world.server.requests.length)
  })

  it('are counted each time the SDK tries them', async () => {
    await using world = await s3World()
    world.server.put(bucket, 'a', 'text')
    world.server.failNext('throttle')

    const requests = await countingRequests(async soFar => {
      await world.store.head('a')
      return soFar()
    })

    expect(requests).toEqual({ s3: { HeadObject: 2 } })
    expect(world.server.requests).toHaveLength(2)
  })

  it('are counted for the run that makes them where several share a store', async () => {
    await using world = await s3World()
    const looking = (times: number) =>
      countingRequests(async soFar => {
        for (let no = 0; no < times; no++) await world.store.head('a')
        countRequest('other', 'GET')
        return soFar()
      })

    expect(await Promise.all([looking(2), looking(3)])).toEqual([
      { other: { GET: 1 }, s3: { HeadObject: 2 } },
      { other: { GET: 1 }, s3: { HeadObject: 3 } },
    ])
  })
})

const sum = (operations: Readonly<Record<string, number>> = {}) =>
  Object.values(operations).reduce((all, count) => all + count, 0)
