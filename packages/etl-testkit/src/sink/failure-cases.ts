import assert from 'node:assert/strict'
import type { ContractCase } from '../case.js'
import { type ExpectedError, failureOf, isExpected, settlesWithin } from '../compare.js'
import { sinkCase } from './case-kit.js'
import type { DrivenLoad } from './drive.js'
import type { SinkSuite, SinkWorld } from './suite.js'

/** The faults that every sink names alike. A client that retries by itself may say `exhausted`. */
const known: Readonly<Record<string, ExpectedError>> = {
  denied: { codes: ['ETL_SINK_DENIED'], retry: ['never'] },
  throttled: { codes: ['ETL_SINK_RATE_LIMITED'], retry: ['later', 'exhausted'] },
  unavailable: { codes: ['ETL_SINK_UNAVAILABLE'], retry: ['later', 'exhausted'] },
}

/** How long a stalled write may go unnoticed, in milliseconds, and how soon it must end after the signal. */
const stalledMs = 60
const endsWithinMs = 2_000
/** A sink may buffer: so many batches are offered to a destination that stands still before one of them must wait. */
const mostBuffered = 2_000

/** What becomes of it when the destination refuses, is away, or stands still. */
export function failureCases<T, W extends SinkWorld<T>>(suite: SinkSuite<T, W>): ContractCase[] {
  const faults = Object.entries(suite.faults ?? {})
  const missing = Object.keys(known).filter(name => !suite.faults?.[name])
  const noStall = !suite.stall && 'the suite was given no `stall`'
  return [
    sinkCase(
      suite,
      'a destination that stands still makes the writer wait, and nothing is lost when it goes on',
      async kit => {
        const load = kit.load()
        const split = load.split('split-1')
        const writer = await load.open(split)
        const stalled = suite.stall?.(kit.world)
        const { pending, batches } = await writeUntilPending(load, writer, kit)
        await stalled?.release()
        await pending
        await load.publish({ name: 'group-1', receipts: [{ split, receipt: await writer.commit() }] })
        await kit.sees(kit.records(0, batches * 100), 'after the destination went on')
      },
      noStall,
    ),

    sinkCase(
      suite,
      'the signal ends a write that waits',
      async kit => {
        const load = kit.load()
        const stop = new AbortController()
        const writer = await load.open(load.split('split-1'), undefined, stop.signal)
        const stalled = suite.stall?.(kit.world)
        try {
          const { pending } = await writeUntilPending(load, writer, kit)
          stop.abort(new Error('the test stops the run'))
          assert.ok(await settlesWithin(pending, endsWithinMs), `the write still waits ${endsWithinMs} ms after the signal`)
          await failureOf(pending, 'a write that the signal ended')
          await settlesWithin(writer.abort(stop.signal.reason), endsWithinMs)
        } finally {
          await stalled?.release()
        }
      },
      noStall,
    ),

    ...faults.map(([name, fault]) =>
      sinkCase(suite, `a destination that is ${name} ends in an error of the right code and retry verdict`, async kit => {
        const expected = typeof fault === 'function' ? (known[name] ?? { family: 'ETL_SINK_' }) : fault
        const load = kit.load()
        await (typeof fault === 'function' ? fault : fault.arm)(kit.world)
        isExpected(await failureOf(load.load(kit.batches), 'the load'), expected, 'the load')
      }),
    ),

    ...missing.map(name =>
      sinkCase(
        suite,
        `a destination that is ${name} ends in an error of the right code and retry verdict`,
        async () => {},
        `the suite was given no fault \`${name}\``,
      ),
    ),
  ]
}

type Writer<T> = Awaited<ReturnType<DrivenLoad<T>['open']>>

/** Writes and flushes until a call does not return. */
async function writeUntilPending<T>(
  load: DrivenLoad<T>,
  writer: Writer<T>,
  kit: { records(from: number, to: number): T[] },
): Promise<{ pending: Promise<unknown>; batches: number }> {
  const split = load.split('split-1')
  for (let batchNo = 1; batchNo <= mostBuffered; batchNo++) {
    const writing = writer.write(load.batch(split, kit.records((batchNo - 1) * 100, batchNo * 100), batchNo))
    if (!(await settlesWithin(writing, stalledMs))) return { pending: writing, batches: batchNo }
    await writing
    if (batchNo % 20 !== 0) continue
    const flushing = writer.flush()
    if (!(await settlesWithin(flushing, stalledMs))) return { pending: flushing, batches: batchNo }
    await flushing
  }
  return assert.fail(`${mostBuffered} batches of 100 records were taken by a destination that stands still`)
}
