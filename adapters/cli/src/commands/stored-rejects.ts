import {
  type DamagedRejects,
  type ErrorJson,
  errorJson,
  listRejects,
  type Reject,
  type RejectFilter,
  type StateStore,
} from '@millrace/etl-core'
import { type ExitCode, exitCodes } from '../exit-codes.js'
import { rejectFilter } from '../flags/reject-filter.js'
import type { CommandIo } from '../io.js'
import { reportedErrorText } from '../show/error.js'
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
  /** Those that fit and can be read. */
  list(): AsyncIterable<Reject>
  counts(): Promise<readonly RejectCount[]>
  /** Documents that could not be read so far, by `list` and `counts`, as programs are told of them. */
  readonly damaged: readonly DamagedJson[]
  /** Names those on stderr. The exit code: that not all was found is a failure. */
  tellDamaged(): ExitCode
  /** Says on stderr that there are none: stdout stays empty for programs. */
  tellNone(): void
  /** Writes what was found or done as one JSON object. */
  writeJson(found: object): void
}

/** A document of rejects that cannot be read. */
export interface DamagedJson {
  readonly loadId: string
  readonly split: string
  readonly batchNo: number
  readonly error: ErrorJson
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
  const damaged = new Map<string, DamagedJson>()
  const list = () => listRejects(state, filter, each => void damaged.set(each.key, damagedJson(each)))
  return {
    invocation,
    place,
    state,
    filter,
    list,
    counts: () => countRejects(list()),
    get damaged() {
      return [...damaged.values()]
    },
    tellDamaged() {
      for (const { error } of damaged.values()) io.stderr.write(reportedErrorText(error, false))
      return damaged.size > 0 ? exitCodes.failed : exitCodes.done
    },
    tellNone: () => void io.stderr.write(noRejectsText(name, place, filter)),
    writeJson: found => void io.stdout.write(`${JSON.stringify({ pipeline: name, place, ...found })}\n`),
  }
}

const damagedJson = ({ loadId, split, batchNo, error }: DamagedRejects): DamagedJson => ({
  loadId,
  split,
  batchNo,
  error: errorJson(error),
})
