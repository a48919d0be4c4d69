import { type Batch, rowsOf } from './batch.js'
import { ConfigError } from './errors.js'
import { jointSink } from './joint-sink.js'
import { hashOf } from './json.js'
import type { Reject } from './reject.js'
import type { RefusedRow, Sink, SinkWriter } from './sink.js'

/** A step whose rejects go to a sink as well. */
export interface RejectSink {
  /** `2 validate`. */
  readonly stage: string
  readonly sink: Sink<Reject>
}

/** A writer that takes a batch's rejects beside its rows. Every batch comes, most of them without any. */
export interface RejectingWriter extends SinkWriter<unknown> {
  /** Gives back what could not be copied. */
  takeRejects(batch: Batch<unknown>, rejects: readonly Reject[]): Promise<readonly RefusedRow[]>
}

/** True for the writer of a flow whose steps name a sink for their rejects. */
export const takesRejects = (writer: SinkWriter<unknown>): writer is RejectingWriter =>
  typeof (writer as Partial<RejectingWriter>).takeRejects === 'function'

/**
 * A flow's sink together with the sinks its steps name for their rejects, so that checkpoints, groups and stops hold for all of them. The
 * reject store has the rejects all the same: these are copies for those who look at them elsewhere.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` where the copies could not be kept in step with what is written.
 */
export function withRejectSinks(sink: Sink<unknown>, rejectSinks: readonly RejectSink[]): Sink<unknown> {
  if (rejectSinks.length === 0) return sink
  for (const each of rejectSinks) refuseUnfit(sink, each)
  const copies = rejectSinks.map(({ stage, sink }) => sink.apart?.(`rejects-${stage.replace(/[^A-Za-z0-9]+/g, '-')}`) ?? sink)
  const allAtFlush = [sink, ...copies].every(({ capabilities }) => capabilities.durableAt === 'flush')
  return jointSink<unknown>([sink, ...copies], {
    name: sink.name,
    capabilities: { ...sink.capabilities, durableAt: allAtFlush ? 'flush' : 'commit', cursor: 'outside' },
    // Rejects are of another shape than the records.
    factsFor: (side, { schema, ...facts }) => (side === 0 && schema ? { ...facts, schema } : facts),
    writerOver: (joint): Pick<RejectingWriter, 'write' | 'takeRejects'> => ({
      write: async batch => ({ rejected: await joint.write(0, batch) }),
      async takeRejects(batch, rejects) {
        const refused: RefusedRow[] = []
        for (const [index, { stage }] of rejectSinks.entries()) {
          const of = rejects.filter(reject => reject.stage === stage)
          refused.push(...(await joint.write(index + 1, rejectBatch(of, batch, stage))))
        }
        return refused
      },
    }),
  })
}

/** Named after the batch the rejects are of, as a batch of their own. */
function rejectBatch(rejects: readonly Reject[], { id, checkpoint }: Batch<unknown>, stage: string): Batch<unknown> {
  return {
    id: hashOf([id, stage]),
    checkpoint,
    rows: rowsOf(rejects),
    rawOf: row => rejects[row]?.raw ?? null,
    originOf: row => rejects[row]?.row ?? row,
  }
}

function refuseUnfit(sink: Sink<unknown>, { stage, sink: copies }: RejectSink): void {
  const problem =
    copies.capabilities.replay !== 'idempotent'
      ? `"${copies.name}" would hold a batch twice that is written again`
      : sink.capabilities.cursor === 'inTransaction' && sink.capabilities.replay !== 'idempotent'
        ? `"${sink.name}" keeps the cursor in its own transaction and would hold a batch twice that is written again`
        : sink.capabilities.disposition !== 'replace' && copies.capabilities.disposition === 'replace'
          ? `"${copies.name}" replaces groups and "${sink.name}" does not, so rejects that are still stored would go from the copies with the ` +
            `next load, and a replay of them has groups of its own. Let the copies be appended (layout: 'append')`
          : undefined
  if (problem) throw new ConfigError('ETL_CONFIG_INVALID', `The rejects of step ${stage} cannot go to a sink: ${problem}.`)
}
