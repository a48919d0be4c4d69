import { type ExitCode, exitCodes } from '../exit-codes.js'
import { byLoadFlag, helpFlag, jsonFlag, paramsFlag, rejectFlags, stateFlag, verboseFlag } from '../flags/command-flags.js'
import type { CommandIo } from '../io.js'
import { countReasons, totalOf } from '../show/reject-counts.js'
import { countLines, countTable, reasonLines, reasonTable } from '../show/reject-table.js'
import type { Action } from './actions.js'
import type { PipelineCommand } from './invocation.js'
import { type StoredRejects, storedRejects } from './stored-rejects.js'

const command: PipelineCommand = {
  looksAtState: true,
  name: 'rejects ls',
  does: 'Counts the records that did not arrive, by stage and reason over all loads. Changes nothing.',
  groups: [
    { heading: 'Which rejects (all that fit every flag given):', flags: rejectFlags },
    { heading: 'Flags:', flags: [byLoadFlag, paramsFlag, stateFlag, jsonFlag, verboseFlag, helpFlag] },
  ],
  examples: [
    { flags: '', does: 'all of them' },
    { flags: '--reject-stage validate', does: 'what the step "validate" refused' },
    { flags: '--by-load --reject-reason "id: must be digits"', does: 'how often it was this, load by load' },
    {
      flags: '--json',
      does: 'for programs: { pipeline, place, count, rejects: [{ stage, reason, count, loads, firstLoad, lastLoad }] }',
    },
  ],
}

/** `millrace rejects ls <pipeline>`: a table on a terminal, tab-separated lines where output goes to a program, JSON when asked. */
export const listCounts: Action = {
  command,
  async act(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
    const stored = await storedRejects(command, argv, io)
    if (!stored) return exitCodes.done
    const { switches } = stored.invocation.given
    const { rejects, table, lines } = await (switches.get('by-load') ? byLoad(stored) : byReason(stored))
    const count = totalOf(rejects)
    if (switches.get('json'))
      stored.writeJson({ count, rejects, ...(stored.damaged.length > 0 ? { damaged: stored.damaged } : {}) })
    else if (count === 0) {
      if (stored.damaged.length === 0) stored.tellNone()
    } else io.stdout.write(io.isTTY ? table(io.columns) : lines())
    return stored.tellDamaged()
  },
}

async function byReason({ list, place }: StoredRejects) {
  const { reasons, loads } = await countReasons(list())
  return {
    rejects: reasons,
    table: (columns: number) => reasonTable(reasons, loads, place, columns),
    lines: () => reasonLines(reasons),
  }
}

async function byLoad({ counts, place }: StoredRejects) {
  const rejects = await counts()
  return { rejects, table: (columns: number) => countTable(rejects, place, columns), lines: () => countLines(rejects) }
}
