import type { ExitCode } from '../exit-codes.js'
import type { CommandIo } from '../io.js'
import { runAction } from './actions.js'
import { discardStored } from './rejects-discard.js'
import { listCounts } from './rejects-ls.js'
import { replayStored } from './rejects-replay.js'
import { showStored } from './rejects-show.js'

const actions = { ls: listCounts, show: showStored, replay: replayStored, discard: discardStored }

/** `millrace rejects ls|show|replay|discard <pipeline>`. */
export async function rejectsCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  return runAction('rejects', actions, argv, io)
}
