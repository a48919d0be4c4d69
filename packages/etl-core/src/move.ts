import { type Flow, from } from './flow.js'
import type { FlowRunnable } from './flow-runnable.js'
import type { MoveOptions } from './move-runnable.js'
import type { Sink } from './sink.js'
import type { Source } from './source.js'

/**
 * Moves records: copies them into the sink, publishes them, reads them back, compares them with what was written, and then removes at the
 * source those that were read back. At every moment each record is at the source, in the sink, or in both; whatever arrives
 * meanwhile stays at the source. A record is known by its key alone: one that is changed there after it was read is removed as well, and the
 * sink has it as it was read, unless the key has a column that changes with it.
 *
 * What to move is decided once, when the load begins, and a move that was killed is finished by the next run before anything else: it cannot
 * be abandoned, so a run with other parameters is refused until then. Records that a step rejects or leaves out stay at the source. A run that
 * finds nothing to move writes nothing.
 *
 * @param records - A source whose records can be removed, or a flow from one. The fields of its key must reach the sink as they were read.
 * @param sink - One that can be read back and adds to what is there: objects with `layout: 'append'`.
 * @throws ConfigError `ETL_CONFIG_INVALID` for ends that cannot do that. While publishing SinkError `ETL_MOVE_UNVERIFIED` when something else
 * is read back than was written: nothing was removed then.
 * @example
 * build: ({ params, connect }) =>
 *   move(
 *     from(connect.tableFrom(params.from, { table: 'readings', schema: reading, key: ['plant_id', 'taken_at'] })).validate(reading),
 *     connect.objects(params.to, { path: 'readings', layout: 'append', format: parquet() }),
 *   )
 */
export function move<T>(records: Source<T> | Flow<T>, sink: Sink<T>, options: MoveOptions = {}): FlowRunnable {
  // Not `instanceof`: a flow may be of another copy of this package.
  const flow = 'into' in records ? records : from(records)
  return flow.movedInto(sink, options)
}
