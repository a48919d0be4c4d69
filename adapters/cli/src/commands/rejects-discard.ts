import { discardRejects, listRejects } from '@millrace/etl-core'
import { type ExitCode, exitCodes } from '../exit-codes.js'
import { helpFlag, jsonFlag, paramsFlag, rejectFlags, stateFlag, verboseFlag, yesFlag } from '../flags/command-flags.js'
import { rejectFilter } from '../flags/reject-filter.js'
import type { CommandIo } from '../io.js'
import { countRejects, noRejectsText, totalOf } from '../show/reject-counts.js'
import { counted, printable } from '../show/units.js'
import type { Action } from './actions.js'
import { confirmed } from './confirmed.js'
import { type PipelineCommand, readInvocation } from './invocation.js'
import { stateOf } from './state-place.js'

const command: PipelineCommand = {
  name: 'rejects discard',
  does: 'Forgets rejects for good. What was published stays.',
  groups: [
    { heading: 'Which rejects (all that fit every flag given):', flags: rejectFlags },
    { heading: 'Flags:', flags: [paramsFlag, stateFlag, yesFlag, jsonFlag, verboseFlag, helpFlag] },
  ],
  examples: [
    { flags: '', does: 'all of them, after asking' },
    { flags: '--reject-stage source --yes', does: 'what could not be read, without asking' },
  ],
}

/** `millrace rejects discard <pipeline>`. Asks first; without a terminal it needs `--yes`. */
export const discardStored: Action = {
  command,
  async act(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
    const invocation = await readInvocation(command, argv, io)
    if (!invocation) return exitCodes.done
    const { pipeline, given } = invocation
    const { statePlace: place, state } = await stateOf(invocation)
    const filter = rejectFilter(given)
    const about = (count: number) => `${counted(count, 'reject')} of "${pipeline.name}" at ${place}`
    const question = async () => {
      const count = totalOf(await countRejects(listRejects(state, filter)))
      return count === 0 ? undefined : printable(`Forget ${about(count)} for good?`)
    }
    if (!(await confirmed(given, io, command.name, question))) return exitCodes.done
    const discarded = await discardRejects(state, filter)
    if (given.switches.get('json')) io.stdout.write(`${JSON.stringify({ pipeline: pipeline.name, place, discarded })}\n`)
    else if (discarded === 0) io.stderr.write(noRejectsText(pipeline.name, place, filter))
    else io.stdout.write(`${printable(`Forgot ${about(discarded)}.`)}\n`)
    return exitCodes.done
  },
}
