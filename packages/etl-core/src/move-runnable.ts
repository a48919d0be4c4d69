import { ConfigError } from './errors.js'
import type { FlowParts } from './flow.js'
import { type FlowRunnable, flowRunnable } from './flow-runnable.js'
import { movingSink } from './moving-sink.js'
import type { Sink } from './sink.js'

/** How a move goes about it. */
export interface MoveOptions {
  /** What must agree before anything is removed: the number of records and the checksum of their values (default), or the number alone. */
  readonly verify?: 'values' | 'counts'
  /** Rows removed in one transaction. Default 1,000. */
  readonly removeRows?: number
}

/** A flow whose records are removed at their source once they have arrived. See `move`. */
export function moveRunnable(parts: FlowParts, sink: Sink<unknown>, options: MoveOptions): FlowRunnable {
  const { verify = 'values', removeRows = 1_000 } = options
  const { removal, name } = parts.source
  const { readBack, capabilities } = sink
  const problems = [
    ...(removal ? [] : [`records of "${name}" cannot be removed there`]),
    ...(readBack ? [] : [`what is written to "${sink.name}" cannot be read back`]),
    ...(capabilities.disposition === 'append'
      ? []
      : [`"${sink.name}" puts what is written in the place of what is there, and that is nowhere else any more`]),
    ...(capabilities.cursor === 'outside' ? [] : [`"${sink.name}" keeps the cursor itself`]),
    ...(Number.isInteger(removeRows) && removeRows > 0
      ? []
      : [`removeRows is ${removeRows}, and must be a whole number above 0`]),
    ...(verify === 'values' || verify === 'counts'
      ? []
      : [`verify is ${JSON.stringify(verify)}, and must be 'values' or 'counts'`]),
  ]
  if (!removal || !readBack || problems.length > 0) {
    throw new ConfigError('ETL_CONFIG_INVALID', `move() cannot do this: ${problems.join('; ')}.`)
  }
  const moving = movingSink(sink, { readBack, removal, verify, removeRows })
  return Object.freeze<FlowRunnable>({ ...flowRunnable(parts, moving), finishesFirst: true })
}
