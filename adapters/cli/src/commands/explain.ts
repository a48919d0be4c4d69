import type { Explanation } from '@millrace/etl-core'
import { type ExitCode, exitCodes } from '../exit-codes.js'
import { helpFlag, jsonFlag, paramsFlag, verboseFlag } from '../flags/command-flags.js'
import type { CommandIo } from '../io.js'
import { bytes } from '../show/units.js'
import { type PipelineCommand, readInvocation } from './invocation.js'

const command: PipelineCommand = {
  name: 'explain',
  does: 'Says what a pipeline is made of and what it promises with these parameters. Reads and writes nothing.',
  groups: [{ heading: 'Flags:', flags: [paramsFlag, jsonFlag, verboseFlag, helpFlag] }],
}

/** `millrace explain <pipeline>`. */
export async function explainCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const invocation = await readInvocation(command, argv, io)
  if (!invocation) return exitCodes.done
  const { pipeline, given } = invocation
  const runnable = invocation.build()
  runnable.prepare(pipeline.name)
  const explanation = runnable.explain()
  const about = { pipeline: pipeline.name, version: pipeline.version, description: pipeline.description ?? null }
  io.stdout.write(
    given.switches.get('json') ? `${JSON.stringify({ ...about, ...explanation })}\n` : explainText(about, explanation),
  )
  return exitCodes.done
}

/** An explanation for people. */
export function explainText(about: { pipeline: string; version: string; description: string | null }, made: Explanation): string {
  const { delivery, reasons, survivesStop } = made.guarantee
  const facts: [string, string][] = [
    ['pipeline', `${about.pipeline}, version ${about.version}${about.description ? `: ${about.description}` : ''}`],
    ['source', made.source],
    ['steps', made.steps.length === 0 ? 'none' : made.steps.join(', ')],
    ['sink', made.sink],
    ['state', made.state ?? 'in memory only: the sink has no place for it; --state names one'],
    ['delivery', `${delivery}: ${reasons.join('; ')}`],
    [
      'stopping',
      survivesStop ? 'a stopped split goes on where it was' : 'a split must fit in one attempt: a stop gives up what it had',
    ],
    ['memory', `${bytes(made.bufferBytes)} of buffers for each split that runs`],
  ]
  return facts.map(([name, fact]) => `${name.padEnd(10)}${fact}\n`).join('')
}
