import { type DamagedRejects, discardRejects } from '@millrace/etl-core'
import { type ExitCode, exitCodes } from '../exit-codes.js'
import { helpFlag, jsonFlag, paramsFlag, rejectFlags, stateFlag, verboseFlag, yesFlag } from '../flags/command-flags.js'
import type { CommandIo } from '../io.js'
import { errorText } from '../show/error.js'
import { totalOf } from '../show/reject-counts.js'
import { counted, printable } from '../show/units.js'
import type { Action } from './actions.js'
import { confirmed } from './confirmed.js'
import type { PipelineCommand } from './invocation.js'
import { storedRejects } from './stored-rejects.js'

const command: PipelineCommand = {
  looksAtState: true,
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
    const stored = await storedRejects(command, argv, io)
    if (!stored) return exitCodes.done
    const { pipeline, given } = stored.invocation
    const about = (count: number) => `${counted(count, 'reject')} of "${pipeline.name}" at ${stored.place}`
    const question = async () => {
      const count = totalOf(await stored.counts())
      const damaged = stored.damaged.length
      return count + damaged === 0
        ? undefined
        : printable(`Forget ${about(count)}${andDamaged(damaged)}${damaged > 0 ? ',' : ''} for good?`)
    }
    if (!(await confirmed(given, io, command.name, question))) return exitCodes.done
    const [gone, left]: [DamagedRejects[], DamagedRejects[]] = [[], []]
    const discarded = await discardRejects(stored.state, stored.filter, (each, isGone) => void (isGone ? gone : left).push(each))
    if (given.switches.get('json')) stored.writeJson({ discarded, ...(gone.length > 0 ? { discardedDamaged: gone.length } : {}) })
    else if (discarded + gone.length > 0)
      io.stdout.write(`${printable(`Forgot ${about(discarded)}${andDamaged(gone.length)}.`)}\n`)
    else if (left.length === 0) stored.tellNone()
    // What stage, issue and reason they have cannot be read, so whether they are meant cannot be known.
    for (const { error } of left) io.stderr.write(errorText(error, false))
    return left.length > 0 ? exitCodes.failed : exitCodes.done
  },
}

const andDamaged = (documents: number): string =>
  documents === 0 ? '' : `, and ${counted(documents, 'document')} that cannot be read`
