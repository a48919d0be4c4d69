import { describeObjectStore, describeStateStore } from '@millrace/etl-testkit'
import { conditionalState } from '@millrace/objects'
import { describe, expect, test } from 'vitest'
import { liveS3, liveWorld } from './support/live.js'

const live = liveS3()
const long = process.env.MILLRACE_TEST_LONG !== undefined

if (live) {
  describe('s3Store on a real server, in parts', () => {
    const mebibyte = 1 << 20
    const body = async function* (mebibytes: number) {
      for (let index = 0; index < mebibytes; index++) yield new Uint8Array(mebibyte).fill(index)
    }
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => 'none',
        error => String(error.code ?? error.message),
      )

    test('creates once, replaces what it knows, and refuses what it does not', async () => {
      const { store, close } = liveWorld(live)
      const first = await store.put('big', body(20), { condition: 'absent' })
      const second = await codeOf(store.put('big', body(20), { condition: 'absent' }))
      const third = await store.put('big', body(21), { condition: { etag: first.etag } })
      const stale = await codeOf(store.put('big', body(20), { condition: { etag: first.etag } }))

      expect([second, stale]).toEqual(['ETL_OBJECT_CONFLICT', 'ETL_OBJECT_CONFLICT'])
      expect(await store.head('big')).toMatchObject({ etag: third.etag, bytes: 21 * mebibyte })
      await close()
    }, 60_000)

    test('leaves nothing unfinished when its body breaks or it is stopped', async () => {
      const { store, close, unfinished } = liveWorld(live)
      const stop = new AbortController()
      const breaking = async function* (act: () => void) {
        yield* body(20)
        act()
        yield* body(20)
      }
      const boom = () => {
        throw new Error('boom')
      }

      const codes = [
        await codeOf(store.put('a', breaking(boom))),
        await codeOf(
          store.put(
            'b',
            breaking(() => stop.abort(new Error('enough'))),
            { signal: stop.signal },
          ),
        ),
      ]

      expect([codes, await unfinished()]).toEqual([['boom', 'enough'], []])
      await close()
    }, 60_000)
  })

  describeObjectStore('s3Store on a real server', { open: () => liveWorld(live), manyObjects: long ? 2_000 : 1_010 })
  describeStateStore('conditionalState on a real server', {
    open() {
      const { store, another, close } = liveWorld(live)
      return { store: conditionalState(store, 'state'), another: () => conditionalState(another(), 'state'), close }
    },
  })
} else {
  describe('s3Store on a real server', () => {
    test.skip('skipped: MILLRACE_TEST_S3 names none (http://host:port/bucket, credentials as the SDK finds them)')
  })
}
