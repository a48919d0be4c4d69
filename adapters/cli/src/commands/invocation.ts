import { ConfigError, type Pipeline, type Runnable } from '@millrace/etl-core'
import { reservedFlags } from '../flags/command-flags.js'
import { filledWithExamples } from '../flags/fill-params.js'
import { type ParamField, type ParamFields, paramFields } from '../flags/param-fields.js'
import { readParams } from '../flags/params.js'
import { type FlagGroup, type FlagSet, flagsHelp, type Given, parseFlags } from '../flags/parse.js'
import type { CommandIo } from '../io.js'
import { loadPipeline } from '../load/load-pipeline.js'

/** What a command that works on one pipeline was asked to do. */
export interface Invocation {
  readonly pipeline: Pipeline
  /** Parameters as given, checked. */
  readonly input: Readonly<Record<string, unknown>>
  readonly given: Given
  /** What relative places are relative to. */
  readonly cwd: string
  /** Parameters that are required and were not given: what stands in their place. See `fillsIn`. */
  readonly madeUp: readonly string[]
  build(): Runnable
}

/** A command that takes a pipeline, the pipeline's own flags, and some of its own. */
export interface PipelineCommand {
  /** `run`, `state show`. */
  readonly name: string
  readonly does: string
  readonly groups: readonly FlagGroup[]
  /** Parameters matter only as far as the place of state depends on them. */
  readonly looksAtState?: true
  /** What a pipeline is made of is asked for, and required parameters that do not change it may be left out. */
  readonly fillsIn?: true
  /** Shown in help with any pipeline's name before them, instead of the pipeline's own, which are made for `run`. */
  readonly examples?: readonly CommandExample[]
}

/** How a command may be called. */
export interface CommandExample {
  /** What follows the pipeline. */
  readonly flags: string
  readonly does: string
}

/**
 * Reads `<command> <pipeline> [flags]`: loads the pipeline, makes flags of its parameters, and reports everything that is wrong with the
 * flags at once. Returns nothing when help was asked for and shown.
 *
 * @param judge - Looks at the command's own flags and adds what is wrong with them.
 * @throws ConfigError
 */
export async function readInvocation(
  command: PipelineCommand,
  argv: readonly string[],
  io: CommandIo,
  judge: (given: Given, problems: string[]) => void = () => {},
): Promise<Invocation | undefined> {
  const before: FlagSet = { usage: `millrace ${command.name}`, params: [], groups: command.groups }
  const argument = pipelineArgument(before, argv)
  if (argument === undefined) {
    if (!argv.some(text => text === '--help' || text === '-h')) throw noPipeline(command, argv)
    io.stdout.write(
      `millrace ${command.name} <pipeline> [flags]\n${command.does}\n\n${flagsHelp(before, io.columns)}\n` +
        `A pipeline's own flags: millrace ${command.name} <pipeline> --help\n` +
        examplesHelp(`${before.usage} population.ts`, command.examples ?? []),
    )
    return undefined
  }
  const pipeline = await loadPipeline(argument, io.cwd)
  const params = await paramFields(pipeline)
  refuseClashes(pipeline, params.fields)
  const set: FlagSet = { usage: `millrace ${command.name} ${argument}`, params: params.fields, groups: command.groups }
  const given = parseFlags(set, argv)
  if (given.switches.get('help')) {
    io.stdout.write(pipelineHelp(pipeline, params, set, command.examples ?? pipeline.examples, io.columns))
    return undefined
  }
  return checked(command, { pipeline, params, given, set, cwd: io.cwd }, judge)
}

/** What flags are read for. */
interface Reading {
  readonly pipeline: Pipeline
  readonly params: ParamFields
  readonly given: Given
  readonly set: FlagSet
  readonly cwd: string
}

async function checked(
  { looksAtState, fillsIn }: Pick<PipelineCommand, 'looksAtState' | 'fillsIn'>,
  { pipeline, params, given, set: { usage }, cwd }: Reading,
  judge: (given: Given, problems: string[]) => void,
): Promise<Invocation> {
  const problems = [...given.problems]
  // Behind an unknown flag stands its value, which is no operand of its own.
  const stray = given.operands.length - 1
  const strayWords = stray === 1 ? '1 word stands' : `${stray} words stand`
  if (stray > 0) problems.push(`${usage} takes flags only, and ${strayWords} without one.`)
  judge(given, problems)
  let read = await readParams(pipeline, params, given, cwd)
  let madeUp: readonly string[] = []
  if (fillsIn && read.missing) {
    const filled = filledWithExamples(given, params.fields, read.input)
    read = await readParams(pipeline, params, filled.given, cwd)
    madeUp = filled.made
  }
  problems.push(...read.problems)
  if (problems.length > 0) throw invalidFlags(problems, usage, looksAtState && read.missing ? anyValue : undefined)
  return { pipeline, input: read.input, given, cwd, madeUp, build: () => pipeline.build(read.output, cwd) }
}

/** A pipeline's schema does not say which of its parameters the place is made of. */
const anyValue = 'Only the place of the state is looked for: where it does not depend on a flag, any valid value of that will do.'

function invalidFlags(problems: readonly string[], usage: string, hint: string | undefined): ConfigError {
  const [only, ...more] = problems
  const message =
    more.length === 0
      ? `${only}`
      : `${problems.length} things are wrong with the flags.\n${problems.map(line => `  ${line}`).join('\n')}`
  return new ConfigError(
    'ETL_FLAGS_INVALID',
    `${message}${more.length === 0 ? ' ' : '\n  '}${hint ? `${hint} ` : ''}See ${usage} --help.`,
  )
}

/** The first word that is neither a flag nor a known flag's value. */
function pipelineArgument(set: FlagSet, argv: readonly string[]): string | undefined {
  return parseFlags(set, argv).operands[0]
}

function noPipeline({ name }: PipelineCommand, argv: readonly string[]): ConfigError {
  const message =
    argv.length === 0
      ? `millrace ${name} needs a pipeline: a file or a name.`
      : `The pipeline comes before its flags: millrace ${name} <pipeline> --flag value.`
  return new ConfigError('ETL_FLAGS_INVALID', `${message} millrace list shows the names.`)
}

function refuseClashes(pipeline: Pipeline, fields: readonly ParamField[]): void {
  const clashes = fields.filter(field => reservedFlags.has(field.flag))
  if (clashes.length === 0) return
  const named = clashes.map(field => `"${field.key}" (--${field.flag})`).join(', ')
  throw new ConfigError(
    'ETL_FLAGS_CLASH',
    `Pipeline "${pipeline.name}" cannot be run as a command: the parameter ${named} has the name of a flag of millrace itself. Rename it.`,
  )
}

function pipelineHelp(
  pipeline: Pipeline,
  { fields, closed }: ParamFields,
  set: FlagSet,
  examples: readonly CommandExample[],
  columns: number,
): string {
  const head = `${set.usage} [flags]\n${pipeline.description ?? `Pipeline "${pipeline.name}".`}\n\n`
  const none =
    fields.length > 0
      ? ''
      : closed
        ? 'It takes no parameters.\n\n'
        : 'Its schema tells no flags: give parameters by --params.\n\n'
  return `${head}${none}${flagsHelp(set, columns)}${examplesHelp(set.usage, examples)}`
}

function examplesHelp(usage: string, examples: readonly CommandExample[]): string {
  const lines = examples.map(({ flags, does }) => `  ${[usage, flags].filter(Boolean).join(' ')}\n      ${does}\n`)
  return lines.length === 0 ? '' : `\nExamples:\n${lines.join('')}`
}
