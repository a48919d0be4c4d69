import { listRejects, type RejectFilter, type StateStore } from '@millrace/etl-core'
import { rejectFilter } from '../flags/reject-filter.js'
import type { CommandIo } from '../io.js'
import { countRejects, noRejectsText, type RejectCount } from '../show/reject-counts.js'
import { type Invocation, type PipelineCommand, readInvocation } from './invocation.js'
import { stateOf } from './state-place.js'

/** The rejects that a command was asked about. */
export interface StoredRejects {
  readonly invocation: Invocation
  /** For people. */
  readonly place: string
  readonly state: StateStore
  readonly filter: RejectFilter
  counts(): Promise<readonly RejectCount[]>
  /** Says on stderr that there are none: stdout stays empty for programs. */
  tellNone(): void
  /** Writes what was found or done as one JSON object. */
  writeJson(found: object): void
}

/** Reads the arguments of `rejects ls`, `show` or `discard`, as {@link readInvocation} does, and finds the place of the rejects. */
export async function storedRejects(
  command: PipelineCommand,
  argv: readonly string[],
  io: CommandIo,
  judge?: Parameters<typeof readInvocation>[3],
): Promise<StoredRejects | undefined> {
  const invocation = await readInvocation(command, argv, io, judge)
  if (!invocation) return undefined
  const { statePlace: place, state } = await stateOf(invocation)
  const filter = rejectFilter(invocation.given)
  const { name } = invocation.pipeline
  return {
    invocation,
    place,
    state,
    filter,
    counts: () => countRejects(listRejects(state, filter)),
    tellNone: () => void io.stderr.write(noRejectsText(name, place, filter)),
    writeJson: found => void io.stdout.write(`${JSON.stringify({ pipeline: name, place, ...found })}\n`),
  }
}
