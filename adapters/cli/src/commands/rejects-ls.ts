import { listRejects } from '@millrace/etl-core'
import { type ExitCode, exitCodes } from '../exit-codes.js'
import { helpFlag, jsonFlag, paramsFlag, rejectFlags, stateFlag, verboseFlag } from '../flags/command-flags.js'
import { rejectFilter } from '../flags/reject-filter.js'
import type { CommandIo } from '../io.js'
import { countRejects, noRejectsText, totalOf } from '../show/reject-counts.js'
import { countLines, countTable } from '../show/reject-table.js'
import type { Action } from './actions.js'
import { type PipelineCommand, readInvocation } from './invocation.js'
import { stateOf } from './state-place.js'

const command: PipelineCommand = {
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
    const invocation = await readInvocation(command, argv, io)
    if (!invocation) return exitCodes.done
    const { pipeline, given } = invocation
    const { statePlace: place, state } = await stateOf(invocation)
    const filter = rejectFilter(given)
    const rejects = await countRejects(listRejects(state, filter))
    const count = totalOf(rejects)
    if (given.switches.get('json')) io.stdout.write(`${JSON.stringify({ pipeline: pipeline.name, place, count, rejects })}\n`)
    else if (count === 0) io.stderr.write(noRejectsText(pipeline.name, place, filter))
    else io.stdout.write(io.isTTY ? countTable(rejects, place, io.columns) : countLines(rejects))
    return exitCodes.done
  },
}
