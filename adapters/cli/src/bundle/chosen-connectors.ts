import type { Connector, Pipeline } from '@millrace/etl-core'
import { didYouMean } from '../nearest.js'

/** A pipeline's connectors, in two parts. */
export interface ChosenConnectors {
  readonly kept: readonly Connector[]
  readonly leftOut: readonly Connector[]
}

/** Schemes that have another name in code. */
const otherNames: Readonly<Record<string, string>> = { folder: 'file' }

/**
 * The connectors that `--connectors` names, by scheme; without it, all that the pipeline lists.
 *
 * @param given - Each text the flag was given: lists by commas.
 * @param problems - Gets one line for each name that is none.
 */
export function chosenConnectors(
  { name, connectors }: Pipeline,
  given: readonly string[] | undefined,
  problems: string[],
): ChosenConnectors {
  if (given === undefined) return { kept: connectors, leftOut: [] }
  const wanted = given
    .flatMap(text => text.split(','))
    .map(text => text.trim().toLowerCase())
    .filter(text => text !== '')
    .map(text => otherNames[text] ?? text)
  const schemes = connectors.map(({ scheme }) => scheme)
  const listed = schemes.length === 0 ? 'It lists none.' : `It lists ${schemes.join(', ')}.`
  if (wanted.length === 0) problems.push(`--connectors takes names by commas. ${listed}`)
  for (const each of wanted.filter(scheme => !schemes.includes(scheme))) {
    problems.push(`--connectors: pipeline "${name}" lists no connector "${each}".${didYouMean(each, schemes)} ${listed}`)
  }
  return {
    kept: connectors.filter(({ scheme }) => wanted.includes(scheme)),
    leftOut: connectors.filter(({ scheme }) => !wanted.includes(scheme)),
  }
}
