import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { ConfigError } from '@millrace/etl-core'
import { type Built, buildBundle } from '../bundle/build.js'
import { type ChosenConnectors, chosenConnectors } from '../bundle/chosen-connectors.js'
import { type BundledHandOn, handOnFrom } from '../bundle/hand-on.js'
import { writeWhole } from '../bundle/write.js'
import { zipped } from '../bundle/zip.js'
import { type ExitCode, exitCodes } from '../exit-codes.js'
import { bundleHandOnFlag, connectorsFlag, helpFlag, jsonFlag, outFlag, verboseFlag } from '../flags/command-flags.js'
import { type FlagSet, flagsHelp, type Given, parseFlags } from '../flags/parse.js'
import type { CommandIo } from '../io.js'
import { type FoundPipeline, findPipeline } from '../load/load-pipeline.js'
import { shownPath } from '../load/shown-path.js'
import { addonWarning, type Bundled, bundledText } from '../show/bundled.js'
import { printable } from '../show/units.js'

const flags: FlagSet = {
  usage: 'millrace bundle',
  params: [],
  groups: [{ heading: 'Flags:', flags: [connectorsFlag, bundleHandOnFlag, outFlag, jsonFlag, verboseFlag, helpFlag] }],
}

const help = (columns: number): string =>
  'millrace bundle <pipeline> [flags]\n' +
  'Makes a zip for AWS Lambda of a pipeline (a file or an installed name) and all it needs; its handler is index.handler.\n' +
  'The same sources give the same bytes. Shows what each package weighs.\n' +
  'A file that exports "handler" besides its pipeline is bundled with that one: lambdaHandler(orders, { deadLetters }).\n\n' +
  `${flagsHelp(flags, columns)}\n` +
  'Examples:\n' +
  '  millrace bundle src/orders.ts\n      orders.zip, if that is the name of the pipeline\n' +
  '  millrace bundle worldbank --connectors s3,folder --out dist/worldbank.zip\n      without the connectors for other places\n' +
  '  millrace bundle worldbank --hand-on self\n      a load that is longer than an invocation goes on in the next, which the function asks for itself\n' +
  '  millrace bundle worldbank --json\n      sizes and the hash for a script\n'

/** `millrace bundle <pipeline>`: a pipeline as a zip that AWS Lambda runs. */
export async function bundleCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const given = parseFlags(flags, argv)
  if (given.switches.get('help')) {
    io.stdout.write(help(io.columns))
    return exitCodes.done
  }
  const problems = [...given.problems, ...argumentProblems(given)]
  const [argument] = given.operands
  if (argument === undefined) throw wrong([...problems, 'millrace bundle needs a pipeline: a file or a name.'])
  const found = await findPipeline(argument, io.cwd)
  const connectors = chosenConnectors(found.pipeline, given.texts.get('connectors'), problems)
  const handOn = handOnFrom(given.texts.get('hand-on')?.at(-1), problems)
  if (handOn && found.hasHandler)
    problems.push('--hand-on is for files without a handler: this one exports its own, which says how it hands on.')
  if (problems.length > 0) throw wrong(problems)
  const out = resolve(io.cwd, given.texts.get('out')?.at(-1) ?? `${found.pipeline.name}.zip`)
  const built = await buildBundle(found, connectors, handOn, io.cwd)
  refuseKept(connectors, built)
  const zip = zipped(built.files)
  const bundled = bundledAs(out, found, connectors, handOn, built, zip)
  writeWhole(out, shownPath(out, io.cwd), zip)
  io.stdout.write(given.switches.get('json') ? `${JSON.stringify(bundled)}\n` : bundledText(bundled, io.cwd))
  for (const warning of bundled.warnings) io.stderr.write(`millrace: ${printable(warning)}\n`)
  return exitCodes.done
}

function argumentProblems({ operands, texts }: Given): string[] {
  const out = texts.get('out')?.at(-1)
  return [
    ...(operands.length > 1 ? ['millrace bundle takes one pipeline.'] : []),
    ...(out === undefined || /[^\\/]\.zip$/i.test(out) ? [] : ['--out takes a file whose name ends in .zip.']),
  ]
}

const wrong = (problems: readonly string[]): ConfigError =>
  new ConfigError('ETL_FLAGS_INVALID', `${problems.join(' ')} See millrace bundle --help.`)

/** What the pipeline's own files make has no package in whose place something could stand. */
function refuseKept({ kept, leftOut }: ChosenConnectors, built: Built): void {
  const stays = leftOut.map(({ scheme }) => scheme).filter(scheme => !built.leftOut.has(scheme))
  if (stays.length === 0) return
  const all = [...kept.map(({ scheme }) => scheme), ...stays].join(',')
  throw wrong([
    `--connectors cannot leave out ${stays.join(', ')}: no package that the pipeline imports exports it, so it stays in the bundle. Name it too: --connectors ${all}.`,
  ])
}

function bundledAs(
  file: string,
  found: FoundPipeline,
  { kept, leftOut }: ChosenConnectors,
  handOn: BundledHandOn | undefined,
  { files, packages, addons, powertools, warnings }: Built,
  zip: Uint8Array,
): Bundled {
  const schemesOf = (connectors: readonly { scheme: string }[]) => connectors.map(({ scheme }) => scheme)
  const bytesOf = (maps: boolean) =>
    [...files].reduce((sum, [name, { length }]) => (name.endsWith('.map') === maps ? sum + length : sum), 0)
  return {
    pipeline: found.pipeline.name,
    file,
    handler: 'index.handler',
    ownHandler: found.hasHandler,
    connectors: schemesOf(kept),
    leftOut: schemesOf(leftOut),
    powertools,
    handOn: handOn === undefined ? null : handOn.by === 'self' ? 'self' : handOn.url,
    zippedBytes: zip.length,
    codeBytes: bytesOf(false),
    sourceMapBytes: bytesOf(true),
    sha256: createHash('sha256').update(zip).digest('base64'),
    packages,
    warnings: [...addons.map(addon => addonWarning(addon, found.pipeline)), ...warnings],
  }
}
