import { ConfigError } from '@millrace/etl-core'
import { Command, CommanderError, Option } from 'commander'
import { didYouMean } from '../nearest.js'
import type { CommandFlag } from './command-flags.js'
import type { ParamField } from './param-fields.js'

/** Flags as given: a switch as `true` or `false`, others with each text they were given. Values are not judged yet. */
export interface Given {
  readonly operands: readonly string[]
  readonly switches: ReadonlyMap<string, boolean>
  readonly texts: ReadonlyMap<string, readonly string[]>
  /** Flags nobody knows, with what could be meant. One line each. */
  readonly problems: readonly string[]
}

/** Flags under one heading of the help text. */
export interface FlagGroup {
  readonly heading: string
  readonly flags: readonly CommandFlag[]
}

/** What a command takes. */
export interface FlagSet {
  /** `millrace run population.ts`. */
  readonly usage: string
  readonly params: readonly ParamField[]
  readonly groups: readonly FlagGroup[]
}

/** Reads an argument list. All unknown flags are reported at once. @throws ConfigError `ETL_FLAGS_INVALID` for a flag without its value. */
export function parseFlags(set: FlagSet, argv: readonly string[]): Given {
  const { command, switches, texts } = commandFor(set)
  const known = new Set(command.options.map(option => option.long ?? ''))
  const { operands, unknown } = read(command, argv)
  const problems = unknown
    .filter(text => /^-./.test(text))
    .map(text => text.replace(/=.*$/s, ''))
    .map(flag => `${flag} is not a flag of ${set.usage}.${flagMeant(flag, known)}`)
  for (const [flag, given] of texts) {
    if (!given.some(text => known.has(text))) continue
    problems.push(`--${flag} needs a value.`)
    texts.delete(flag)
  }
  return { operands, switches, texts, problems }
}

/** The flag that was meant: `--stage` is the end of `--reject-stage` rather than a slip of `--state`. */
function flagMeant(flag: string, known: ReadonlySet<string>): string {
  const [longer, ...more] = flag.startsWith('--') ? [...known].filter(word => word.endsWith(flag.slice(1))) : []
  return longer !== undefined && more.length === 0 ? ` Did you mean ${longer}?` : didYouMean(flag, known, word => word)
}

/** The help text of a command's flags. */
export function flagsHelp(set: FlagSet, columns: number): string {
  const { command } = commandFor(set)
  command.configureOutput({ getOutHelpWidth: () => Math.max(40, columns) })
  return command.helpInformation().replace(/^Usage:.*\n+/, '')
}

/** Commander splits the list and lays out the help; each option only notes what it was given. */
function commandFor(set: FlagSet) {
  const switches = new Map<string, boolean>()
  const texts = new Map<string, string[]>()
  const command = new Command('millrace')
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  const taken = new Set(
    [...set.params, ...set.groups.flatMap(group => group.flags)].map(flag => ('flag' in flag ? flag.flag : flag.name)),
  )
  const add = (option: Option, note: (text: string) => void) => {
    command.addOption(option)
    command.on(`option:${option.name()}`, note)
  }
  const addSwitch = (option: Option, flag: string, value: boolean) => add(option, () => switches.set(flag, value))
  const addText = (option: Option, flag: string) => add(option, text => texts.set(flag, [...(texts.get(flag) ?? []), text]))

  for (const field of set.params) {
    const described = (text: string) => new Option(text, paramHelp(field)).helpGroup('Parameters:')
    if (field.kinds[0] !== 'boolean') {
      addText(described(`--${field.flag} <${placeholder(field)}>`), field.flag)
      continue
    }
    // Both ways are understood; help shows the one that changes something.
    const on = described(`--${field.flag}`)
    addSwitch(field.default === true ? on.hideHelp() : on, field.flag, true)
    if (taken.has(`no-${field.flag}`)) continue
    const off = described(`--no-${field.flag}`)
    addSwitch(field.default === true ? off : off.hideHelp(), field.flag, false)
  }
  for (const { heading, flags } of set.groups) {
    for (const flag of flags) {
      const long = `${flag.short ? `-${flag.short}, ` : ''}--${flag.name}`
      const option = new Option(flag.value ? `${long} <${flag.value}>` : long, flag.does).helpGroup(heading)
      if (flag.value) addText(option, flag.name)
      else addSwitch(option, flag.name, true)
    }
  }
  return { command, switches, texts }
}

function read(command: Command, argv: readonly string[]) {
  try {
    return command.parseOptions([...argv])
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    throw new ConfigError('ETL_FLAGS_INVALID', `${/'(?:-\w, )?(--[^ ']+)/.exec(error.message)?.[1] ?? 'A flag'} needs a value.`)
  }
}

function placeholder(field: ParamField): string {
  if (field.choices.length > 0 && field.choices.join('|').length <= 30) return field.choices.join('|')
  if (field.kinds[0] === 'array') return field.itemKinds[0] === 'number' ? 'n,n' : 'a,b'
  return field.kinds[0] === 'number' ? 'n' : field.kinds[0] === 'json' ? 'json' : 'text'
}

function paramHelp(field: ParamField): string {
  const shown = (value: unknown) =>
    Array.isArray(value) ? value.join(',') : typeof value === 'object' ? JSON.stringify(value) : String(value)
  const facts = [
    ...(field.required ? ['required'] : []),
    ...(field.choices.length > 0 ? [`one of ${field.choices.join(', ')}`] : []),
    ...(field.default === undefined || field.kinds[0] === 'boolean' ? [] : [`default ${shown(field.default) || 'empty'}`]),
    ...(field.examples.length > 0 ? [`for example ${field.examples.map(shown).join(' or ')}`] : []),
  ]
  const about =
    field.default === true && field.kinds[0] === 'boolean' ? `turns off: ${field.description || field.key}` : field.description
  return [about, facts.length > 0 ? `(${facts.join('; ')})` : ''].filter(Boolean).join(' ')
}
