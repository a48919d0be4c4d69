import { SinkError } from '@millrace/etl-core'
import { s3Notification, s3TestEvent, sqsEvent, sqsRecord } from '@millrace/etl-testkit/lambda'
import { describe, expect, test } from 'vitest'
import { contextOf, deployed } from './support/deployed.js'

const failed = (...ids: readonly string[]) => ({ batchItemFailures: ids.map(itemIdentifier => ({ itemIdentifier })) })

describe('a batch of messages', () => {
  test('is done when each is, and the same message again changes nothing', async () => {
    const { handler, loaded } = deployed()
    const event = sqsEvent(sqsRecord('m1', { file: 'a' }), sqsRecord('m2', { file: 'b', rows: 1 }))

    expect(await handler(event, contextOf())).toEqual(failed())
    expect(await handler(event, contextOf())).toEqual(failed())

    expect(loaded()).toEqual(['a 1', 'a 2', 'b 1'])
  })

  test('comes again for its failed messages alone, and a poisoned one does not block the others', async () => {
    const { handler, loaded, lines } = deployed()
    const event = sqsEvent(
      sqsRecord('bad', 'no json'),
      sqsRecord('m1', { file: 'a', rows: 1 }),
      sqsRecord('wrong', { file: 'a', rows: 'many' }),
      sqsRecord('m2', { file: 'b', rows: 1 }),
    )

    expect(await handler(event, contextOf())).toEqual(failed('bad', 'wrong'))

    expect(loaded()).toEqual(['a 1', 'b 1'])
    expect(lines.filter(({ level }) => level === 'ERROR').map(({ message }) => message)).toEqual([
      'message bad failed',
      'message wrong failed',
    ])
    expect(JSON.stringify(lines)).not.toContain('no json')
  })

  test('keeps the order of each message group: nothing is begun behind a message that comes again', async () => {
    const { handler, loaded } = deployed()
    const inGroup = (id: string, group: string, body: object) => sqsRecord(id, body, { MessageGroupId: group })

    const answer = await handler(
      sqsEvent(
        inGroup('1', 'x', { file: 'x', rows: 1 }),
        inGroup('2', 'x', { file: 7 }),
        inGroup('3', 'x', { file: 'x', rows: 1 }),
        inGroup('4', 'y', { file: 'y', rows: 1 }),
      ),
      contextOf(),
    )

    expect(answer).toEqual(failed('2', '3'))
    expect(loaded()).toEqual(['x 1', 'y 1'])
  })

  test('gives back the messages it has no time for', async () => {
    const { handler, loaded } = deployed()

    const answer = await handler(sqsEvent(sqsRecord('m1', { file: 'a' }), sqsRecord('m2', { file: 'b' })), contextOf(1_500))

    expect(answer).toEqual(failed('m1', 'm2'))
    expect(loaded()).toEqual([])
  })

  test('may hold what S3 sends to queues, several objects in a message, and its test event', async () => {
    const { handler, loaded } = deployed({ object: ({ key }) => ({ file: key, rows: 1 }) })

    const answer = await handler(
      sqsEvent(sqsRecord('m1', s3Notification({ key: 'a' }, { key: 'b' })), sqsRecord('m2', s3TestEvent)),
      contextOf(),
    )

    expect(answer).toEqual(failed())
    expect(loaded()).toEqual(['a 1', 'b 1'])
  })

  test('may be of messages that the pipeline reads itself', async () => {
    const { handler, loaded } = deployed({ message: ({ body }) => (body === '' ? null : { file: body.trim(), rows: 1 }) })

    const answer = await handler(sqsEvent(sqsRecord('m1', ' a '), sqsRecord('m2', '')), contextOf())

    expect(answer).toEqual(failed())
    expect(loaded()).toEqual(['a 1'])
  })

  test('fails whole for a record without an id, of which nothing could be said', async () => {
    await expect(deployed().handler(sqsEvent({ ...sqsRecord('', {}) }), contextOf())).rejects.toThrow('no messageId')
  })
})

describe('a message that can never be run', () => {
  test('goes to the dead letters with its reason, and does not come again', async () => {
    const dead: unknown[] = []
    const { handler } = deployed(
      {},
      { deadLetters: { send: async (message, why) => void dead.push([message.id, why.code, why.message]) } },
    )

    const answer = await handler(sqsEvent(sqsRecord('bad', '{'), sqsRecord('wrong', { file: 'a', rows: 'many' })), contextOf())

    expect(answer).toEqual(failed())
    expect(dead).toEqual([
      ['bad', 'ETL_EVENT_UNKNOWN', expect.stringContaining('no JSON')],
      ['wrong', 'ETL_PARAMS_INVALID', expect.stringContaining('rows')],
    ])
  })

  test('comes again when it could not be put there', async () => {
    const away = new SinkError('ETL_SINK_UNAVAILABLE', 'The queue is away.', { retry: 'later' })
    const { handler, lines } = deployed({}, { deadLetters: { send: () => Promise.reject(away) } })

    expect(await handler(sqsEvent(sqsRecord('bad', '{')), contextOf())).toEqual(failed('bad'))
    expect(lines.at(-1)).toMatchObject({ level: 'ERROR', error: { code: 'ETL_SINK_UNAVAILABLE' } })
  })
})
