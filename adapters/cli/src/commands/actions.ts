import { ConfigError } from '@millrace/etl-core'
import { type ExitCode, exitCodes } from '../exit-codes.js'
import type { CommandIo } from '../io.js'
import { didYouMean } from '../nearest.js'
import type { PipelineCommand } from './invocation.js'

/** One of a command's actions: `show` of `state show`. */
export interface Action {
  readonly command: PipelineCommand
  readonly act: (argv: readonly string[], io: CommandIo) => Promise<ExitCode>
}

/** `millrace <name> <action> <pipeline>`: runs the action; without one, says which there are. */
export async function runAction(
  name: string,
  actions: Readonly<Record<string, Action>>,
  [word, ...argv]: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  const action = word !== undefined && Object.hasOwn(actions, word) ? actions[word] : undefined
  if (action) return action.act(argv, io)
  if (word === '--help' || word === '-h') {
    const texts = Object.values(actions).map(
      ({ command }) => `millrace ${command.name} <pipeline> [flags]\n    ${command.does}\n`,
    )
    const one = Object.keys(actions)[0]
    io.stdout.write(
      `${texts.join('')}\nThe flags of each: millrace ${name} ${one} --help; with a pipeline's own: millrace ${name} ${one} <pipeline> --help\n`,
    )
    return exitCodes.done
  }
  const names = Object.keys(actions)
  const listed = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
  const meant = word === undefined ? '' : didYouMean(word, names)
  throw new ConfigError('ETL_FLAGS_INVALID', `millrace ${name} takes ${listed}, then a pipeline.${meant}`)
}
