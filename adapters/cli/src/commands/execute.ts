import { isStopError, type RunOptions, run } from '@millrace/etl-core'
import { type ExitCode, exitCodeOf, exitCodeOfError, exitCodes } from '../exit-codes.js'
import { besideRecords, type CommandIo, type Output } from '../io.js'
import { errorLine, errorText } from '../show/error.js'
import { type RunOutput, runOutput, writesJson } from '../show/run-output.js'
import type { Invocation } from './invocation.js'

/** Runs what was asked for, shows its events and its report, and lets signals stop it. Where records take stdout, all that is on stderr. */
export async function execute(invocation: Invocation, io: CommandIo, options: () => Promise<RunOptions>): Promise<ExitCode> {
  if (!takesStdout(invocation)) return executeShown(invocation, io, options)
  const beside = besideRecords(io)
  try {
    return await executeShown(invocation, beside, options, io.stdout)
  } catch (error) {
    const { switches } = invocation.given
    beside.stderr.write(switches.get('json') ? errorLine(error) : errorText(error, switches.get('verbose') === true))
    return exitCodeOfError(error)
  }
}

function takesStdout({ build }: Invocation): boolean {
  try {
    return build().standardOutput === true
  } catch {
    // The run says it.
    return false
  }
}

async function executeShown(
  { pipeline, input, given, cwd }: Invocation,
  io: CommandIo,
  options: () => Promise<RunOptions>,
  records?: Output,
): Promise<ExitCode> {
  const { switches } = given
  const output = runOutput(io, {
    json: !!switches.get('json'),
    quiet: !!switches.get('quiet'),
    verbose: !!switches.get('verbose'),
  })
  let begun = false
  const onEvent: RunOutput['onEvent'] = event => {
    if (event.type === 'load.started') begun = true
    output.onEvent(event)
  }
  const stop = stopOnSignals(io, () => {
    const what = begun ? 'what was read is being made durable' : 'nothing was read yet'
    output.say(`stopping: ${what}. Ctrl-C again ends it at once.`)
  })
  records?.onReaderGone?.(stop.readerGone)
  try {
    const report = await run(pipeline, input as never, {
      ...(await options()),
      cwd,
      signal: stop.signal,
      onEvent,
      log: output.log,
    })
    const code = exitCodeOf(report, stop.by())
    // Nobody wants more: programs end without a word then.
    if (code === exitCodes.readerGone && !switches.get('json')) output.broke()
    else output.finished(report)
    return code
  } catch (error) {
    output.broke()
    // Asked to stop before there was a load: nothing was done, and nothing went wrong.
    if (!isStopError(error)) throw error
    if (writesJson(given.switches.get('json') === true, io)) io.stdout.write(errorLine(error))
    io.stderr.write(errorText(error, false))
    return exitCodes[stop.by() ?? 'stopped']
  } finally {
    stop.dispose()
  }
}

/**
 * The first Ctrl-C or SIGTERM lets the run flush and end as stopped; the second finds no handler and ends the process. A reader of records that
 * has left stops it as well.
 */
function stopOnSignals(io: CommandIo, interrupting: () => void) {
  const controller = new AbortController()
  let by: 'interrupted' | 'readerGone' | undefined
  const offs = [
    io.onSignal('SIGINT', () => {
      by = 'interrupted'
      interrupting()
      controller.abort(new Error('interrupted (SIGINT)'))
    }),
    io.onSignal('SIGTERM', () => controller.abort(new Error('asked to end (SIGTERM)'))),
  ]
  return {
    signal: controller.signal,
    by: () => by,
    readerGone() {
      by ??= 'readerGone'
      controller.abort(new Error('the reader of standard output has left'))
    },
    dispose: () => offs.forEach(off => void off()),
  }
}
