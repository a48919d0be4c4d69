import { relative, resolve } from 'node:path'
import { ConfigError } from '@millrace/etl-core'
import { type ExitCode, exitCodes } from '../exit-codes.js'
import { forceFlag, helpFlag, jsonFlag, nameFlag, verboseFlag } from '../flags/command-flags.js'
import { type FlagSet, flagsHelp, type Given, parseFlags } from '../flags/parse.js'
import { filesToKeep } from '../init/in-the-way.js'
import { keptManifest, nextSteps } from '../init/next-steps.js'
import { isPackageName, packageNameOf } from '../init/package-name.js'
import { projectFiles, projectManifest } from '../init/template.js'
import { writeProject } from '../init/write-project.js'
import type { CommandIo } from '../io.js'
import { shownPath } from '../load/shown-path.js'
import { printable } from '../show/units.js'

const flags: FlagSet = {
  usage: 'millrace init',
  params: [],
  groups: [{ heading: 'Flags:', flags: [nameFlag, forceFlag, jsonFlag, verboseFlag, helpFlag] }],
}

const help = (columns: number): string =>
  'millrace init [folder] [flags]\n' +
  'Makes a project in a folder, here unless one is named: a pipeline that runs offline, its test, package.json and tsconfig.json.\n' +
  'Nothing is installed, and no file that is there is changed.\n\n' +
  `${flagsHelp(flags, columns)}\n` +
  'Examples:\n' +
  '  millrace init orders\n      in the folder orders, which needs not exist\n' +
  '  millrace init --name @shop/orders\n      here, as a package of this name\n' +
  '  millrace init --force\n      here, beside what there is\n'

/** What was made, as `init --json` prints it. */
interface Made {
  readonly folder: string
  readonly name: string
  /** Paths below the folder. */
  readonly written: readonly string[]
  /** Files of the same names that were there before and are as they were. */
  readonly kept: readonly string[]
  /** Commands that follow, in order. */
  readonly next: readonly string[]
}

/** `millrace init [folder]`: a new project that runs at once. Touches no network and no file that is there. */
export async function initCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const given = parseFlags(flags, argv)
  if (given.switches.get('help')) {
    io.stdout.write(help(io.columns))
    return exitCodes.done
  }
  const folder = resolve(io.cwd, given.operands[0] ?? '.')
  const name = checkedName(given, folder)
  const made = make(folder, name, given.switches.get('force') === true, io.cwd)
  io.stdout.write(given.switches.get('json') ? `${JSON.stringify(made)}\n` : madeText(made))
  return exitCodes.done
}

/** The package's name. @throws ConfigError `ETL_FLAGS_INVALID` with everything that is wrong with the arguments. */
function checkedName({ texts, operands, problems }: Given, folder: string): string {
  const { dependencies, devDependencies } = projectManifest('')
  const taken = new Set(Object.keys({ ...dependencies, ...devDependencies }))
  const derived = packageNameOf(folder, taken)
  const name = texts.get('name')?.at(-1) ?? derived
  const wrong = [
    ...problems,
    ...(operands.length > 1 ? ['millrace init takes one folder.'] : []),
    ...(isPackageName(name, taken)
      ? []
      : [`--name takes the name of a package that it does not depend on: small letters, digits and dashes, such as ${derived}.`]),
  ]
  if (wrong.length > 0) throw new ConfigError('ETL_FLAGS_INVALID', `${wrong.join(' ')} See millrace init --help.`)
  return name
}

function make(folder: string, name: string, beside: boolean, cwd: string): Made {
  const files = projectFiles(name)
  const shown = shownPath(folder, cwd)
  const kept = filesToKeep(
    folder,
    shown,
    files.map(({ path }) => path),
    beside,
  )
  const left = kept.has('package.json') ? keptManifest(folder) : undefined
  const missing = files.filter(({ path }) => !kept.has(path))
  writeProject(folder, shown, missing)
  return {
    folder,
    name,
    written: missing.map(({ path }) => path),
    kept: [...kept],
    next: nextSteps(projectManifest(name), folder === cwd ? undefined : relative(cwd, folder), left),
  }
}

/** What was made, for people. */
function madeText({ folder, name, written, kept, next }: Made): string {
  const lines = [
    written.length === 0 ? `Nothing was missing in ${folder}.` : `Made the project "${name}" in ${folder}:`,
    ...written.map(path => `  ${path}`),
    ...(kept.length === 0 ? [] : ['Left as they were:', ...kept.map(path => `  ${path}`)]),
    kept.includes('package.json') ? 'Next, to give package.json what the project needs:' : 'Next:',
    ...next.map(step => `  ${step}`),
  ]
  return `${lines.map(line => printable(line)).join('\n')}\n`
}
