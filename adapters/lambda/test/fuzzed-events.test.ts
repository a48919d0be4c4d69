import { isEtlError } from '@millrace/etl-core'
import {
  busEvent,
  ruleSchedule,
  s3BusEvent,
  s3Notification,
  s3Removal,
  s3TestEvent,
  snsEvent,
  sqsEvent,
  sqsRecord,
  urlRequest,
} from '@millrace/etl-testkit/lambda'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LambdaAnswer } from '../src/index.js'
import { others } from './fixtures/events.js'
import { contextOf, deployed } from './support/deployed.js'

const numRuns = process.env.MILLRACE_TEST_LONG ? 8_000 : 300

/** One of each kind, as the services document them, and of services that start nothing. */
const samples: readonly unknown[] = [
  { file: 'a', rows: 1 },
  { file: 'a', rows: 1, millrace: { loadId: 'x' } },
  { file: 'a', rows: 1, millrace: { scheduledTime: '2026-03-01T09:15:00Z' } },
  { file: 'a', rows: 1, millrace: { passedOn: { times: 1, progress: null, inVain: 0 } } },
  s3Notification({}, { key: 'raw/b.csv' }),
  s3Removal({}),
  s3TestEvent,
  s3BusEvent(),
  ruleSchedule,
  busEvent(),
  snsEvent({ file: 'a', rows: 1 }),
  snsEvent(s3Notification({})),
  sqsEvent(sqsRecord('m1', { file: 'a', rows: 1 }), sqsRecord('m2', s3Notification({})), sqsRecord('m3', 'text')),
  urlRequest({ body: '{"file":"a","rows":1}' }),
  urlRequest({ queryStringParameters: { file: 'a', rows: '1' } }, 'GET'),
  ...others.map(([, event]) => event),
]

/** What may stand in the place of anything. */
const value = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, -1, true, [], {}, [null], [{}], '%E0%A4%A', '\u0000', 'aws:s3', 'aws:sqs', '__proto__'),
  fc.jsonValue({ maxDepth: 2 }),
)

/** Every place in an event, as the way there. */
function placesIn(event: unknown, way: readonly string[] = []): (readonly string[])[] {
  if (typeof event !== 'object' || event === null) return [way]
  return [way, ...Object.entries(event).flatMap(([name, inner]) => placesIn(inner, [...way, name]))]
}

function changed(event: unknown, [name, ...way]: readonly string[], change: (old: unknown) => unknown): unknown {
  if (name === undefined) return change(event)
  const inner = Array.isArray(event) ? [...event] : { ...(event as object) }
  const next = changed((inner as Record<string, unknown>)[name], way, change)
  if (next === gone) Reflect.deleteProperty(inner, name)
  else (inner as Record<string, unknown>)[name] = next
  return inner
}
const gone = Symbol('gone')

const mutated = fc
  .record({
    sample: fc.constantFrom(...samples),
    changes: fc.array(fc.record({ at: fc.nat(), what: fc.oneof(fc.constant(gone), value) }), { minLength: 1, maxLength: 3 }),
  })
  .map(({ sample, changes }) =>
    changes.reduce((event, { at, what }) => {
      const places = placesIn(event)
      return changed(event, places[at % places.length] as readonly string[], () => what)
    }, sample),
  )
  // As it comes over the wire; an event that is gone as a whole is null.
  .map(event => JSON.parse(JSON.stringify(event === gone ? null : (event ?? null))) as unknown)

/** How an event ended. */
function endOf(answer: LambdaAnswer): 'run' | 'left out' | 'to come again' | 'refused' {
  if ('batchItemFailures' in answer) return answer.batchItemFailures.length > 0 ? 'to come again' : 'run'
  if ('statusCode' in answer) {
    if (answer.statusCode === 204) return 'left out'
    if (answer.statusCode === 200) return 'run'
    const { error } = JSON.parse(answer.body) as { error: { code: string } }
    expect(error.code).toMatch(/^ETL_(PARAMS_INVALID|EVENT_UNKNOWN|CONFIG_INVALID)$/)
    return 'refused'
  }
  if ('runs' in answer) return answer.leftOut.length > 0 && answer.runs.length === 0 ? 'left out' : 'run'
  return 'run'
}

test('whatever event comes is run, left out with a reason, or refused with a code', { timeout: 600_000 }, async () => {
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(mutated, async event => {
      const { handler, lines, loaded } = deployed({
        object: ({ key }) => ({ file: key, rows: 1 }),
        event: ({ id }) => ({ file: id, rows: 1 }),
        schedule: ({ time }) => ({ file: time, rows: 1 }),
      })

      const end = await handler(event, contextOf()).then(endOf, error => {
        // A record without an id fails its batch, of which nothing could be said.
        const named = isEtlError(error) && /^ETL_(PARAMS_INVALID|EVENT_UNKNOWN|CONFIG_INVALID)$/.test(error.code)
        expect(named, `${error?.stack}`).toBe(true)
        return 'refused' as const
      })

      seen.set(end, (seen.get(end) ?? 0) + 1)
      const errors = lines.filter(({ level }) => level === 'ERROR')
      // Never a silent success: what did not run is told.
      if (end === 'to come again' || end === 'refused') expect(errors.length).toBeGreaterThan(0)
      if (end === 'left out') expect(loaded()).toEqual([])
      if (end === 'run')
        expect(
          lines.some(line => JSON.stringify(line).includes('run ')),
          JSON.stringify(lines),
        ).toBe(true)
    }),
    { numRuns, seed: 5 },
  )
  expect([...seen.keys()].sort()).toEqual(['left out', 'refused', 'run', 'to come again'])
})
