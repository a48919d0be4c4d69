import { inspectState, isEtlError, type Json, resetState, type StateStore, type StateSummary } from '@millrace/etl-core'
import { type ExitCode, exitCodes } from '../exit-codes.js'
import { helpFlag, jsonFlag, paramsFlag, stateFlag, verboseFlag, yesFlag } from '../flags/command-flags.js'
import type { CommandIo } from '../io.js'
import { count, counted, printable } from '../show/units.js'
import { runAction } from './actions.js'
import { confirmed } from './confirmed.js'
import { type PipelineCommand, readInvocation } from './invocation.js'
import { stateOf } from './state-place.js'

const show: PipelineCommand = {
  looksAtState: true,
  name: 'state show',
  does: "Shows what a pipeline's state holds: its owner, the unfinished load, bookmarks and rejects. Changes nothing.",
  groups: [{ heading: 'Flags:', flags: [paramsFlag, stateFlag, jsonFlag, verboseFlag, helpFlag] }],
}
const reset: PipelineCommand = {
  looksAtState: true,
  name: 'state reset',
  does: "Forgets a pipeline's state: the next run loads everything anew. Published data stays; stored rejects go.",
  groups: [{ heading: 'Flags:', flags: [paramsFlag, stateFlag, yesFlag, jsonFlag, verboseFlag, helpFlag] }],
}

/** `millrace state show|reset <pipeline>`. */
export async function stateCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const actions = { show: { command: show, act: showState }, reset: { command: reset, act: reallyReset } }
  return runAction('state', actions, argv, io)
}

async function showState(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const invocation = await readInvocation(show, argv, io)
  if (!invocation) return exitCodes.done
  const { statePlace: place, state } = await stateOf(invocation)
  const summary = await inspectState(state)
  const { name } = invocation.pipeline
  const asJson = invocation.given.switches.get('json') === true
  io.stdout.write(asJson ? `${JSON.stringify({ pipeline: name, place, ...summary })}\n` : stateText(name, place, summary))
  return exitCodes.done
}

async function reallyReset(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const invocation = await readInvocation(reset, argv, io)
  if (!invocation) return exitCodes.done
  const { name } = invocation.pipeline
  const { switches } = invocation.given
  const { statePlace: place, state } = await stateOf(invocation)
  const sure = await confirmed(invocation.given, io, reset.name, () => resetQuestion(name, place, state))
  if (!sure) return exitCodes.done
  const removed = await resetState(state, name, place)
  const text =
    removed === 0
      ? `There was no state of "${name}" at ${place}.`
      : `Forgot the state of "${name}" at ${place}. The next run loads everything anew.`
  io.stdout.write(switches.get('json') ? `${JSON.stringify({ pipeline: name, place, removed })}\n` : `${text}\n`)
  return exitCodes.done
}

/** What is lost. Of state that is damaged nobody can tell; that is no reason to keep it. */
async function resetQuestion(name: string, place: string, state: StateStore): Promise<string> {
  try {
    return questionOf(name, place, await inspectState(state))
  } catch (error) {
    if (!isEtlError(error, 'ETL_STATE_CORRUPT')) throw error
    const damaged = typeof error.context.key === 'string' ? `"${error.context.key}"` : 'a document'
    return (
      `The state of "${name}" at ${place} is damaged: ${damaged} cannot be read, so a run that goes on there may go unseen. ` +
      'Remove that and forget the rest?'
    )
  }
}

function questionOf(name: string, place: string, { load, groups, rejects }: StateSummary): string {
  const holds = [
    load ? `the unfinished load ${load.loadId}` : '',
    counted(Object.keys(groups).length, 'bookmark'),
    counted(
      rejects.reduce((sum, each) => sum + each.count, 0),
      'stored reject',
    ),
  ]
  return `Forget the state of "${name}" at ${place} (${holds.filter(Boolean).join(', ')})?`
}

/** A state summary for people. */
export function stateText(pipeline: string, place: string, { epoch, owner, load, groups, rejects }: StateSummary): string {
  const entries = Object.entries(groups)
  const lines = [
    `${pipeline} at ${place}${epoch === 0 ? ': no run so far' : ''}`,
    `  owner      ${owner ? `process ${owner.pid} on ${owner.host} since ${owner.since}${owner.alive ? '' : ', gone'}` : 'none'}`,
    `  load       ${load ? `${load.loadId} is unfinished: attempt ${load.attempt}, begun ${load.startedAt}` : 'none unfinished'}`,
    ...(load ? [`    parameters  ${paramsText(load.params)}`] : []),
    ...(load?.splits ?? []).map(
      ({ split, status, batchNo, counts, error }) =>
        `    ${split}  ${status}, saved to batch ${count(batchNo)}, ${counted(counts.read, 'record')} read` +
        `${counts.rejected > 0 ? `, ${counted(counts.rejected, 'reject')}` : ''}${error ? `: ${error}` : ''}`,
    ),
    `  bookmarks  ${entries.length === 0 ? 'none' : counted(entries.length, 'group')}`,
    ...entries.map(
      ([group, { bookmark, loadId }]) =>
        `    ${group}  ${bookmark === null ? 'published' : JSON.stringify(bookmark)} (load ${loadId})`,
    ),
    `  rejects    ${rejects.length === 0 ? 'none' : ''}`.trimEnd(),
    ...rejects.map(each => `    ${count(each.count)}  in load ${each.loadId}`),
  ]
  return `${lines.map(line => printable(line)).join('\n')}\n`
}

/** As the load was given them, ready to be given again: an unfinished load goes on only with the same. */
function paramsText(params: Json): string {
  const text = JSON.stringify(params)
  return text === '{}' ? 'none given' : `--params '${text.replaceAll("'", "'\\''")}'`
}
