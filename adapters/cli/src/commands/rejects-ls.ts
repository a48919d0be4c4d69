import { type ExitCode, exitCodes } from '../exit-codes.js'
import { helpFlag, jsonFlag, paramsFlag, rejectFlags, stateFlag, verboseFlag } from '../flags/command-flags.js'
import type { CommandIo } from '../io.js'
import { totalOf } from '../show/reject-counts.js'
import { countLines, countTable } from '../show/reject-table.js'
import type { Action } from './actions.js'
import type { PipelineCommand } from './invocation.js'
import { storedRejects } from './stored-rejects.js'

const command: PipelineCommand = {
  looksAtState: true,
  name: 'rejects ls',
  does: 'Counts the records that did not arrive, by load, stage and reason. Changes nothing.',
  groups: [
    { heading: 'Which rejects (all that fit every flag given):', flags: rejectFlags },
    { heading: 'Flags:', flags: [paramsFlag, stateFlag, jsonFlag, verboseFlag, helpFlag] },
  ],
  examples: [
    { flags: '', does: 'all of them' },
    { flags: '--reject-stage validate', does: 'what the step "validate" refused' },
    { flags: '--json', does: 'for programs: { pipeline, place, count, rejects: [{ loadId, stage, reason, count }] }' },
  ],
}

/** `millrace rejects ls <pipeline>`: a table on a terminal, tab-separated lines where output goes to a program, JSON when asked. */
export const listCounts: Action = {
  command,
  async act(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
    const stored = await storedRejects(command, argv, io)
    if (!stored) return exitCodes.done
    const rejects = await stored.counts()
    const count = totalOf(rejects)
    if (stored.invocation.given.switches.get('json'))
      stored.writeJson({ count, rejects, ...(stored.damaged.length > 0 ? { damaged: stored.damaged } : {}) })
    else if (count === 0) {
      if (stored.damaged.length === 0) stored.tellNone()
    } else io.stdout.write(io.isTTY ? countTable(rejects, stored.place, io.columns) : countLines(rejects))
    return stored.tellDamaged()
  },
}
