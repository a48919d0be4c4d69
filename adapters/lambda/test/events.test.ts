import { isEtlError } from '@millrace/etl-core'
import {
  busEvent,
  ruleSchedule,
  s3BusEvent,
  s3Notification,
  s3Removal,
  s3TestEvent,
  snsEvent,
} from '@millrace/etl-testkit/lambda'
import { describe, expect, test } from 'vitest'
import { others } from './fixtures/events.js'
import { contextOf, deployed } from './support/deployed.js'

const byObject = { object: ({ bucket, key }: { bucket: string; key: string }) => ({ file: `${bucket}/${key}` }) }
const refused = (handler: (event: unknown) => Promise<unknown>, event: unknown) => handler(event).catch((error: unknown) => error)

describe('parameters as JSON', () => {
  test('are an invocation without an identity: each one is a load', async () => {
    const { handler, loaded } = deployed()

    const reports = [await handler({ file: 'a' }, contextOf()), await handler({ file: 'a' }, contextOf())]

    expect(reports.map(({ status }) => status)).toEqual(['succeeded', 'succeeded'])
    expect(reports[0]?.loadId).not.toBe(reports[1]?.loadId)
    expect(loaded()).toEqual(['a 1', 'a 2', 'a 1', 'a 2'])
  })

  test('with an identity are one load, however often they come', async () => {
    const { handler, loaded } = deployed()
    const event = { file: 'a', millrace: { loadId: 'order 7' } }

    const reports = [await handler(event, contextOf()), await handler(event, contextOf())]

    expect(reports.map(({ status, loadId }) => [status, loadId])).toEqual([
      ['succeeded', 'order 7'],
      ['unchanged', 'order 7'],
    ])
    expect(loaded()).toEqual(['a 1', 'a 2'])
  })

  test('of a name that the pipeline does not have are refused: the run would be one with a default', async () => {
    const { handler, loaded } = deployed()

    expect(await refused(handler, { file: 'a', row: 3 })).toMatchObject({
      code: 'ETL_PARAMS_INVALID',
      message: expect.stringContaining('there is no "row"; it takes file, rows'),
    })
    expect(loaded()).toEqual([])
  })

  test.each([[[1]], ['text'], [7], [true]])('are no %j', async event => {
    expect(await refused(deployed().handler, event)).toMatchObject({ code: 'ETL_EVENT_UNKNOWN' })
  })
})

describe('an object', () => {
  test('of a notification has its key decoded, and is one load for each version', async () => {
    const { handler, loaded } = deployed(byObject)
    const event = s3Notification({ key: 'raw/%C3%A9t%C3%A9+2026%2B1.csv', versionId: 'v1' })

    const answers = [
      await handler(event, contextOf()),
      await handler(event, contextOf()),
      await handler(s3Notification({ key: 'raw/%C3%A9t%C3%A9+2026%2B1.csv', versionId: 'v2' }), contextOf()),
    ]

    expect(answers).toMatchObject([{ status: 'succeeded' }, { status: 'unchanged' }, { status: 'succeeded' }])
    expect(new Set(loaded())).toEqual(new Set(['arrivals/raw/été 2026+1.csv 1', 'arrivals/raw/été 2026+1.csv 2']))
    expect(loaded()).toHaveLength(4)
  })

  test('is told from an earlier one by its ETag where the bucket has no versions', async () => {
    const { handler, loaded } = deployed(byObject)

    for (const eTag of ['a', 'a', 'b']) await handler(s3Notification({ eTag, versionId: 'null' }), contextOf())

    expect(loaded()).toHaveLength(4)
  })

  test('of an event bus has its key as it is', async () => {
    const { handler, loaded } = deployed(byObject)

    const answers = [await handler(s3BusEvent(), contextOf()), await handler(s3BusEvent(), contextOf())]

    expect(answers).toMatchObject([{ status: 'succeeded' }, { status: 'unchanged' }])
    expect(loaded()).toEqual(['arrivals/raw/a+b c.csv 1', 'arrivals/raw/a+b c.csv 2'])
  })

  test('that was removed is told as such', async () => {
    const changes: string[] = []
    const { handler } = deployed({
      object({ change, key }) {
        changes.push(change)
        return { file: key }
      },
    })

    await handler(s3Removal({}), contextOf())
    await handler(s3BusEvent({}, { 'detail-type': 'Object Deleted' }), contextOf())

    expect(changes).toEqual(['removed', 'removed'])
  })

  test('of several in one event fails the event, and the others are loaded all the same, once', async () => {
    const { handler, loaded } = deployed({ object: ({ key }) => ({ file: key, rows: key === 'bad' ? -1 : 1 }) })
    const event = s3Notification({ key: 'a' }, { key: 'bad' }, { key: 'b' })

    for (const _ of [1, 2]) expect(isEtlError(await refused(handler, event), 'ETL_PARAMS_INVALID')).toBe(true)

    expect(loaded()).toEqual(['a 1', 'b 1'])
  })

  test('may be left out on purpose, and S3’s test event always is', async () => {
    const { handler, lines } = deployed({ object: () => null })

    expect(await handler(s3Notification({}), contextOf())).toEqual({
      runs: [],
      leftOut: ["s3://arrivals/raw/orders.csv: left out by the pipeline's triggers"],
    })
    expect(await handler(s3TestEvent, contextOf())).toEqual({ runs: [], leftOut: ['an S3 test event'] })
    expect(lines.map(({ message }) => message)).toEqual([expect.stringContaining('left out'), 'an S3 test event'])
  })

  test('cannot start a pipeline that does not say what its parameters would be', async () => {
    for (const event of [s3Notification({}), s3BusEvent()]) {
      expect(await refused(deployed().handler, event)).toMatchObject({
        code: 'ETL_EVENT_UNKNOWN',
        message: expect.stringContaining('triggers.object'),
      })
    }
  })

  test.each([
    ['a key that is no text', s3Notification({ key: 7 })],
    ['a key that cannot be decoded', s3Notification({ key: '%E0%A4%A' })],
    ['a change of another kind', { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectRestore:Post', s3: {} }] }],
    ['no bucket', s3BusEvent({}, { detail: { object: { key: 'a' } } })],
  ])('with %s is refused', async (_, event) => {
    expect(await refused(deployed(byObject).handler, event)).toMatchObject({ code: 'ETL_EVENT_UNKNOWN' })
  })
})

describe('a schedule', () => {
  test('of a rule is one load for each of its moments', async () => {
    const { handler, loaded } = deployed({ schedule: ({ time }) => ({ file: time }) })

    const answers = [
      await handler(ruleSchedule, contextOf()),
      await handler({ ...ruleSchedule, id: 'delivered again' }, contextOf()),
      await handler({ ...ruleSchedule, time: '2026-03-01T10:15:00Z' }, contextOf()),
    ]

    expect(answers).toMatchObject([{ status: 'succeeded' }, { status: 'unchanged' }, { status: 'succeeded' }])
    expect(loaded()).toHaveLength(4)
  })

  test('of a scheduler brings its parameters, and another schedule of the same moment is another load', async () => {
    const { handler, loaded } = deployed()
    const at = { scheduledTime: '2026-03-01T09:15:00Z' }

    for (const file of ['a', 'a', 'b']) await handler({ file, millrace: at }, contextOf())

    expect(loaded()).toEqual(['a 1', 'a 2', 'b 1', 'b 2'])
  })
})

describe('another event of a bus', () => {
  test('is one load, by its id', async () => {
    const { handler, loaded } = deployed({ event: ({ detail, type }) => ({ file: `${type} ${(detail as { no: number }).no}` }) })

    for (const no of [1, 1]) await handler(busEvent({ detail: { no } }), contextOf())
    await handler(busEvent({ id: 'another', detail: { no: 2 } }), contextOf())

    expect(loaded()).toEqual(['Order Placed 1 1', 'Order Placed 1 2', 'Order Placed 2 1', 'Order Placed 2 2'])
  })

  test('is refused where the pipeline does not say what its parameters would be', async () => {
    expect(await refused(deployed().handler, busEvent())).toMatchObject({
      code: 'ETL_EVENT_UNKNOWN',
      message: expect.stringContaining('triggers.event'),
    })
  })
})

test('a topic’s message is its body, and may hold an event of another kind', async () => {
  const { handler, loaded } = deployed(byObject)

  for (const _ of [1, 2]) await handler(snsEvent({ file: 'x' }), contextOf())
  await handler(snsEvent(s3Notification({})), contextOf())

  expect(loaded()).toEqual(['x 1', 'x 2', 'arrivals/raw/orders.csv 1', 'arrivals/raw/orders.csv 2'])
})

test.each(others)('an event of %s is refused, and none of its values is told', async (_, event) => {
  const { handler, lines } = deployed(byObject)

  const error = await refused(handler, event)

  expect(error).toMatchObject({ code: 'ETL_EVENT_UNKNOWN' })
  expect(JSON.stringify(lines)).not.toMatch(/H4sI|aGVsbG8|http:\/\/x/)
  expect(lines).toMatchObject([{ level: 'ERROR', message: 'invocation failed' }])
})
