import { ConfigError } from '@millrace/etl-core'
import manifest from '../package.json' with { type: 'json' }
import { explainCommand } from './commands/explain.js'
import { iamCommand } from './commands/iam.js'
import { initCommand } from './commands/init.js'
import { listCommand } from './commands/list.js'
import { rejectsCommand } from './commands/rejects.js'
import { runCommand } from './commands/run.js'
import { stateCommand } from './commands/state.js'
import { type ExitCode, exitCodeOfError, exitCodes } from './exit-codes.js'
import { type CommandIo, commandIo } from './io.js'
import { didYouMean } from './nearest.js'
import { errorLine, errorText } from './show/error.js'
import { writesJson } from './show/run-output.js'

const commands: Readonly<Record<string, (argv: readonly string[], io: CommandIo) => Promise<ExitCode>>> = {
  init: initCommand,
  run: runCommand,
  list: listCommand,
  explain: explainCommand,
  iam: iamCommand,
  // Only who bundles pays for what makes the zip.
  bundle: async (argv, io) => (await import('./commands/bundle.js')).bundleCommand(argv, io),
  state: stateCommand,
  rejects: rejectsCommand,
}

const help = `millrace ${manifest.version}

  millrace init [folder]                     make a project that runs: a pipeline, its test, sample data
  millrace run <pipeline> [flags]            run a pipeline: a file or an installed name
  millrace list                              show the installed pipelines
  millrace explain <pipeline> [flags]        what a pipeline is made of and what it promises
  millrace iam <pipeline> [flags]            the least IAM policy that a pipeline needs on AWS
  millrace bundle <pipeline> [flags]         make a zip of it that runs on AWS Lambda
  millrace state show <pipeline> [flags]     its owner, unfinished load, bookmarks and rejects
  millrace state reset <pipeline> [flags]    forget them: the next run loads everything anew
  millrace rejects ls <pipeline> [flags]     count the records that did not arrive, and why
  millrace rejects show <pipeline> [flags]   show them, with what is wrong
  millrace rejects replay <pipeline> [flags] run them again through the pipeline as it is now
  millrace rejects discard <pipeline>        forget them for good

  --help     show this, or the flags of a command or pipeline: millrace run <pipeline> --help
  --version  show the version

Exit codes: 0 succeeded or unchanged, 1 failed, 2 wrong use, 3 stopped with work left, 130 stopped by Ctrl-C, 141 by | head
`

/**
 * The `millrace` command.
 *
 * @param argv - Without the interpreter and the script: `['run', 'population.ts', '--since', '2010']`.
 * @param io - Streams, environment and signals to use instead of the process's own.
 * @returns The exit code, see {@link exitCodes}. Never throws: what goes wrong is one line on stderr (with `--verbose`, the stack too).
 * @example
 * process.exitCode = await main(process.argv.slice(2))
 */
export async function main(argv: readonly string[], io: Partial<CommandIo> = {}): Promise<ExitCode> {
  const own = commandIo(io)
  try {
    return await dispatch(argv, own)
  } catch (error) {
    if (endsInJson(argv, own)) own.stdout.write(errorLine(error))
    own.stderr.write(errorText(error, argv.includes('--verbose')))
    return exitCodeOfError(error)
  }
}

/** Whether a program reads stdout and waits for its last line: also when the arguments or the pipeline's file are what is wrong. */
function endsInJson(argv: readonly string[], io: CommandIo): boolean {
  const asked = argv.includes('--json')
  const [name, action] = argv
  const runs = name === 'run' || (name === 'rejects' && action === 'replay')
  return runs ? writesJson(asked, io) : asked
}

async function dispatch([name, ...rest]: readonly string[], io: CommandIo): Promise<ExitCode> {
  if (name === '--version' || name === '-V') {
    io.stdout.write(`${manifest.version}\n`)
    return exitCodes.done
  }
  if (name === '--help' || name === '-h') {
    io.stdout.write(help)
    return exitCodes.done
  }
  if (name === 'help') return rest.length === 0 ? dispatch(['--help'], io) : dispatch([...rest, '--help'], io)
  const command = name === undefined || !Object.hasOwn(commands, name) ? undefined : commands[name]
  if (command) return command(rest, io)
  if (name === undefined) {
    io.stderr.write(help)
    return exitCodes.wrongUse
  }
  const meant = name.startsWith('-') ? '' : didYouMean(name, Object.keys(commands))
  throw new ConfigError(
    'ETL_FLAGS_INVALID',
    `millrace has no ${name.startsWith('-') ? 'such flag' : 'such command'}.${meant} See millrace --help.`,
  )
}
