import { ConfigError } from '@millrace/etl-core'
import type { Given } from '../flags/parse.js'
import type { CommandIo } from '../io.js'

/**
 * Whether what cannot be undone is to be done: `--yes`, or the person at the terminal says so. A no is told.
 *
 * @param question - Made only when somebody can be asked; undefined when there is nothing to lose.
 * @throws ConfigError `ETL_FLAGS_INVALID` when nobody can answer.
 */
export async function confirmed(
  { switches }: Given,
  io: CommandIo,
  command: string,
  question: () => Promise<string | undefined>,
): Promise<boolean> {
  if (switches.get('yes')) return true
  if (!io.ask)
    throw new ConfigError(
      'ETL_FLAGS_INVALID',
      `millrace ${command} asks before it forgets, and nobody can answer here: give --yes.`,
    )
  const asked = await question()
  if (asked === undefined) return true
  const answer = await io.ask(`${asked} [y/N] `)
  if (/^y(es)?$/i.test(answer.trim())) return true
  io.stderr.write('millrace: nothing was changed.\n')
  return false
}
