import { isStopError, type RunOptions, run } from '@millrace/etl-core'
import { type ExitCode, exitCodeOf, exitCodes } from '../exit-codes.js'
import { paramsFlag, runFlags, showFlags } from '../flags/command-flags.js'
import { type RunFlagValues, runFlagValues } from '../flags/run-options.js'
import type { CommandIo } from '../io.js'
import { errorText } from '../show/error.js'
import { type RunOutput, runOutput } from '../show/run-output.js'
import { type Invocation, type PipelineCommand, readInvocation } from './invocation.js'
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
  const { switches } = invocation.given
  const output = runOutput(io, {
    json: !!switches.get('json'),
    quiet: !!switches.get('quiet'),
    verbose: !!switches.get('verbose'),
  })
  const stop = stopOnSignals(io, output)
  try {
    const report = await run(invocation.pipeline, invocation.input as never, {
      ...(await runOptions(invocation, flags)),
      signal: stop.signal,
      onEvent: output.onEvent,
      log: output.log,
    })
    output.finished(report)
    return exitCodeOf(report, stop.interrupted())
  } catch (error) {
    output.broke(error)
    // Asked to stop before there was a load: nothing was done, and nothing went wrong.
    if (!isStopError(error)) throw error
    io.stderr.write(errorText(error, false))
    return stop.interrupted() ? exitCodes.interrupted : exitCodes.stopped
  } finally {
    stop.dispose()
  }
}

async function runOptions(invocation: Invocation, { deadlineMs, ...options }: RunFlagValues): Promise<RunOptions> {
  return {
    ...options,
    ...(deadlineMs === undefined ? {} : { deadlineAtMs: Date.now() + deadlineMs }),
    ...(await chosenState(invocation)),
  }
}

/** The first Ctrl-C or SIGTERM lets the run flush and end as stopped; the second finds no handler and ends the process. */
function stopOnSignals(io: CommandIo, output: RunOutput) {
  const controller = new AbortController()
  let interrupted = false
  const offs = [
    io.onSignal('SIGINT', () => {
      interrupted = true
      output.say('stopping: what was read is being made durable. Ctrl-C again ends it at once.')
      controller.abort(new Error('interrupted (SIGINT)'))
    }),
    io.onSignal('SIGTERM', () => controller.abort(new Error('asked to end (SIGTERM)'))),
  ]
  return { signal: controller.signal, interrupted: () => interrupted, dispose: () => offs.forEach(off => void off()) }
}
