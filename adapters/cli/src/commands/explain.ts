import { type Explanation, type Preview, preview, type RunOptions } from '@millrace/etl-core'
import { type ExitCode, exitCodes } from '../exit-codes.js'
import { fullFlag, helpFlag, jsonFlag, paramsFlag, planFlag, stateFlag, verboseFlag } from '../flags/command-flags.js'
import type { CommandIo } from '../io.js'
import { bytes, count, counted, printable } from '../show/units.js'
import { type Invocation, type PipelineCommand, readInvocation } from './invocation.js'
import { chosenState } from './state-place.js'

const command: PipelineCommand = {
  name: 'explain',
  does: 'Says what a pipeline is made of and what it promises; with --plan, what a run would load now. Writes nothing.',
  groups: [{ heading: 'Flags:', flags: [paramsFlag, stateFlag, fullFlag, planFlag, jsonFlag, verboseFlag, helpFlag] }],
}

/** `millrace explain <pipeline>`. What it is made of is told first: a source that cannot be asked does not hide it. */
export async function explainCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const invocation = await readInvocation(command, argv, io)
  if (!invocation) return exitCodes.done
  const { pipeline, given } = invocation
  const chosen = await chosenState(invocation)
  const runnable = invocation.build()
  runnable.prepare(pipeline.name)
  const durable = chosen !== undefined || runnable.home !== undefined
  const explanation = { ...runnable.explain(durable), ...(chosen ? { state: chosen.statePlace } : {}) }
  const about = { pipeline: pipeline.name, version: pipeline.version, description: pipeline.description ?? null }
  const asJson = given.switches.get('json') === true
  if (!asJson) io.stdout.write(explainText(about, explanation))
  const now = given.switches.get('plan') ? await planned(invocation, chosen) : undefined
  if (asJson) io.stdout.write(`${JSON.stringify({ ...about, ...explanation, ...(now ? { now } : {}) })}\n`)
  else if (now) io.stdout.write(previewText(now))
  return exitCodes.done
}

type Planned = Pick<Preview, 'resumes' | 'groups' | 'notes'>

/** Planning gets a runnable of its own: each is prepared once. */
async function planned({ pipeline, given, input, build }: Invocation, chosen: RunOptions = {}): Promise<Planned> {
  const options = { ...chosen, full: given.switches.get('full') === true }
  const { resumes, groups, notes } = await preview(pipeline, build(), input, options)
  return { resumes, groups, notes }
}

/** An explanation for people. */
export function explainText(about: { pipeline: string; version: string; description: string | null }, made: Explanation): string {
  const { delivery, reasons, survivesStop } = made.guarantee
  const facts: [string, string][] = [
    ['pipeline', `${about.pipeline}, version ${about.version}${about.description ? `: ${about.description}` : ''}`],
    ['source', made.source],
    ['steps', made.steps.length === 0 ? 'none' : made.steps.join(', ')],
    ['sink', made.writes === undefined ? made.sink : `${made.sink}: ${made.writes}`],
    ...(made.rejectsTo ?? []).map(({ stage, sink, place, writes = place }): [string, string] => [
      'rejects',
      `copies of those of ${stage}: ${writes === undefined ? sink : `${sink}: ${writes}`}`,
    ]),
    ...(made.removesAtSource
      ? ([['removes', 'its records at the source, once they were read back from the sink as they were written']] as [
          string,
          string,
        ][])
      : []),
    ['state', made.state ?? 'in memory only: the sink has no place for it; --state names one'],
    ['delivery', `${delivery}: ${reasons.join('; ')}`],
    ['stopping', survivesStop ? 'a stopped split goes on where it was' : 'a stopped split begins again from its start'],
    ['memory', `${bytes(made.bufferBytes)} of buffers for each split that runs${made.oneSplitAtATime ? ', one at a time' : ''}`],
  ]
  return facts.map(([name, fact]) => `${name.padEnd(10)}${printable(fact)}\n`).join('')
}

/** Groups at most; the rest is complete as JSON. */
const maxGroups = 30

/** What a run would do now, for people. */
export function previewText({ resumes, groups, notes }: Planned): string {
  const loads = groups.filter(group => group.action === 'load').length
  const does = resumes
    ? `take up load ${resumes}`
    : loads === 0
      ? 'load nothing'
      : `load ${count(loads)} of ${counted(groups.length, 'group')}`
  const lines = [
    `${'now'.padEnd(10)}a run would ${does}`,
    ...groups
      .slice(0, maxGroups)
      .map(
        ({ group, action, reason, splits }) =>
          `  ${group}  ${action}: ${reason}${splits > 0 ? `, ${counted(splits, 'split')}` : ''}`,
      ),
    ...(groups.length > maxGroups ? [`  and ${counted(groups.length - maxGroups, 'more group')}`] : []),
    ...notes.map(note => `  note: ${note}`),
  ]
  return `${lines.map(line => printable(line)).join('\n')}\n`
}
