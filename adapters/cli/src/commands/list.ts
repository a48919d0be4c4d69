import { ConfigError, errorJson } from '@millrace/etl-core'
import { type ExitCode, exitCodes } from '../exit-codes.js'
import { helpFlag, jsonFlag, verboseFlag } from '../flags/command-flags.js'
import { type FlagSet, flagsHelp, parseFlags } from '../flags/parse.js'
import type { CommandIo } from '../io.js'
import { type InstalledPipeline, installedPipelines } from '../load/installed.js'
import { loadInstalled } from '../load/load-pipeline.js'

const flags: FlagSet = {
  usage: 'millrace list',
  params: [],
  groups: [{ heading: 'Flags:', flags: [jsonFlag, verboseFlag, helpFlag] }],
}

/** One installed pipeline, as `list --json` prints it. */
interface Listed {
  readonly name: string
  readonly package: string
  readonly file: string
  readonly description?: string
  /** Why it cannot be loaded. */
  readonly problem?: string
}

/** `millrace list`: the pipelines that can be run by name. One that does not load is listed with the reason. */
export async function listCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { switches, problems, operands } = parseFlags(flags, argv)
  if (switches.get('help')) {
    io.stdout.write(`millrace list [flags]\nShows the pipelines that can be run by name.\n\n${flagsHelp(flags, io.columns)}`)
    return exitCodes.done
  }
  if (problems.length > 0 || operands.length > 0) {
    throw new ConfigError('ETL_FLAGS_INVALID', problems.join(' ') || 'millrace list takes flags only.')
  }
  const listed = await Promise.all(installedPipelines(io.cwd).map(pipeline => describe(pipeline, io.cwd)))
  if (switches.get('json')) io.stdout.write(`${JSON.stringify(listed)}\n`)
  else io.stdout.write(listed.length === 0 ? none : listed.map(each => line(each, longest(listed))).join(''))
  return exitCodes.done
}

const none =
  'No pipeline is installed. A package offers one with "millrace": {"pipelines": {"name": "./path"}} in its package.json.\n'

async function describe(installed: InstalledPipeline, cwd: string): Promise<Listed> {
  try {
    const { description } = await loadInstalled(installed, cwd)
    return { ...installed, ...(description === undefined ? {} : { description }) }
  } catch (error) {
    return { ...installed, problem: errorJson(error).message }
  }
}

const longest = (listed: readonly Listed[]): number => Math.max(...listed.map(each => each.name.length))

function line(each: Listed, width: number): string {
  const about = each.problem === undefined ? (each.description ?? '') : `cannot be loaded: ${each.problem.split('\n')[0]}`
  return `${each.name.padEnd(width)}  ${about}${about ? ' ' : ''}(${each.package})\n`
}
