import { conditionalState } from '@millrace/objects'
import { describe, expect, test } from 'vitest'
import { awsWorld, bucket, failureOf, keysOf, operationsOf, s3World } from './support/world.js'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('deleting on condition', () => {
  test('takes the version that was meant, and says what else it finds', async () => {
    await using world = await awsWorld()
    const first = await world.store.put('a', bytes('1'))
    const second = await world.store.put('a', bytes('2'))

    const stale = await failureOf(world.store.deleteIf?.('a', first.etag) as Promise<boolean>)
    const done = await world.store.deleteIf?.('a', second.etag)
    const gone = await failureOf(world.store.deleteIf?.('a', second.etag) as Promise<boolean>)

    expect([stale.code, done, gone.code]).toEqual(['ETL_OBJECT_CONFLICT', true, 'ETL_OBJECT_CONFLICT'])
    expect(await keysOf(world.store)).toEqual([])
  })

  test('whose answer is lost counts as done when the repetition finds nothing', async () => {
    await using world = await awsWorld()
    const { etag } = await world.store.put('a', bytes('1'))
    world.server.failWhen({ operation: 'DeleteObject' }, 'resetAfter')

    expect(await world.store.deleteIf?.('a', etag)).toBe(true)
    expect(operationsOf(world)).toEqual(['PutObject', 'DeleteObject', 'DeleteObject'])
  })

  test('is tried again while S3 says that others are writing', async () => {
    await using world = await awsWorld()
    const { etag } = await world.store.put('a', bytes('1'))
    world.server.failWhen({ operation: 'DeleteObject', times: 2 }, 'conflict')

    expect(await world.store.deleteIf?.('a', etag)).toBe(true)
  })

  test('is not asked of servers that may overlook the condition', async () => {
    await using world = await s3World()
    const { etag } = await world.store.put('a', bytes('1'))

    expect(await world.store.deleteIf?.('a', etag)).toBe(false)
    expect(operationsOf(world)).toEqual(['PutObject'])
  })
})

describe('a removal from state', () => {
  test('is one request on AWS, and leaves no mark whenever the process dies', async () => {
    await using world = await awsWorld()
    const state = conditionalState(world.store, 'state')
    const version = await state.save('head', 1, 'absent')

    await state.remove('head', version)
    await state.save('head', 2, 'absent')

    expect(operationsOf(world)).toEqual(['PutObject', 'DeleteObject', 'PutObject'])
    expect([...world.server.objects(bucket).keys()]).toEqual(['state/head.json'])
  })

  test('of a document that was saved anew meanwhile is a conflict, and leaves it', async () => {
    await using world = await awsWorld()
    const state = conditionalState(world.store, 'state')
    const version = await state.save('head', 1, 'absent')
    const newer = await state.save('head', 2, version)

    await expect(state.remove('head', version)).rejects.toMatchObject({ code: 'ETL_STATE_CONFLICT', context: { found: newer } })
    expect((await state.load('head'))?.value).toBe(2)
  })
})
