import type { Reject } from '@millrace/etl-core'
import { type ExitCode, exitCodes } from '../exit-codes.js'
import { helpFlag, ndjsonFlag, paramsFlag, rejectFlags, rejectLimitFlag, stateFlag, verboseFlag } from '../flags/command-flags.js'
import { rejectLimit } from '../flags/reject-filter.js'
import type { CommandIo } from '../io.js'
import { ndjsonLine, rejectText } from '../show/reject.js'
import { counted } from '../show/units.js'
import type { Action } from './actions.js'
import type { PipelineCommand } from './invocation.js'
import { storedRejects } from './stored-rejects.js'

const command: PipelineCommand = {
  looksAtState: true,
  name: 'rejects show',
  does: 'Shows records that did not arrive: where they stood, what is wrong with them, and the record as it was read. Changes nothing.',
  groups: [
    { heading: 'Which rejects (all that fit every flag given):', flags: [...rejectFlags, rejectLimitFlag] },
    { heading: 'Flags:', flags: [ndjsonFlag, paramsFlag, stateFlag, verboseFlag, helpFlag] },
  ],
  examples: [
    { flags: '', does: 'the first 20' },
    { flags: '--reject-group monday.csv --reject-limit 5', does: 'five of one group' },
    { flags: '--ndjson > rejects.ndjson', does: 'all of them, complete, into a file' },
    { flags: '--ndjson --reject-stage validate | jq .raw', does: 'the records that the step "validate" refused' },
  ],
}

/** Rejects shown unless said otherwise: about a screen. */
const defaultLimit = 20

/** `millrace rejects show <pipeline>`: for people, or with `--ndjson` for programs. */
export const showStored: Action = {
  command,
  async act(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
    let limit: number | undefined
    const stored = await storedRejects(command, argv, io, (given, problems) => {
      limit = rejectLimit(given, problems)
    })
    if (!stored) return exitCodes.done
    const asLines = stored.invocation.given.switches.get('ndjson') === true
    const most = limit ?? (asLines ? Number.POSITIVE_INFINITY : defaultLimit)
    const raw = io.isTTY ? 'cut' : 'whole'
    const text = asLines ? ndjsonLine : (reject: Reject, at: number) => `${at > 0 ? '\n' : ''}${rejectText(reject, raw)}`
    const { shown, more } = await writeRejects(stored.list(), most, text, io)
    if (shown === 0 && !asLines && stored.damaged.length === 0) stored.tellNone()
    if (more && !asLines) {
      io.stderr.write(
        `millrace: ${counted(most, 'reject')} shown, and there are more: --reject-limit <n> shows more, --ndjson all.\n`,
      )
    }
    return stored.tellDamaged()
  },
}

/** Writes as many as wanted, as fast as they are read: there may be more than memory holds. */
async function writeRejects(
  rejects: AsyncIterable<Reject>,
  most: number,
  text: (reject: Reject, at: number) => string,
  io: CommandIo,
): Promise<{ readonly shown: number; readonly more: boolean }> {
  let shown = 0
  for await (const reject of rejects) {
    if (shown >= most) return { shown, more: true }
    io.stdout.write(text(reject, shown))
    shown++
    if (!((await io.stdout.ready?.()) ?? true)) break
  }
  return { shown, more: false }
}
