import { type ExitCode, exitCodes } from '../exit-codes.js'
import { paramsFlag, runFlags, showFlags } from '../flags/command-flags.js'
import { type RunFlagValues, runFlagValues, runOptions } from '../flags/run-options.js'
import type { CommandIo } from '../io.js'
import { execute } from './execute.js'
import { type PipelineCommand, readInvocation } from './invocation.js'
import { chosenState } from './state-place.js'

const command: PipelineCommand = {
  name: 'run',
  does: 'Runs a pipeline: a file (population.ts) or an installed name (millrace list).',
  groups: [
    { heading: 'How to run:', flags: [paramsFlag, ...runFlags] },
    { heading: 'What is shown:', flags: showFlags },
  ],
}

/** `millrace run <pipeline>`: runs it and ends with the report. */
export async function runCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  let flags: RunFlagValues = { full: false }
  const invocation = await readInvocation(command, argv, io, (given, problems) => {
    flags = runFlagValues(given, problems)
  })
  if (!invocation) return exitCodes.done
  return execute(invocation, io, async () => ({ ...runOptions(flags), ...(await chosenState(invocation)) }))
}
