import { ConfigError, type Connector, connectWith, type StateHome, type StateStore } from '@millrace/etl-core'
import type { Invocation } from './invocation.js'

/** A pipeline's state, and where it is for people: two of the options of `run`. */
export interface StatePlace {
  readonly statePlace: string
  readonly state: StateStore
}

type StateFlagOf = Pick<Invocation, 'pipeline' | 'given' | 'cwd'>

/** What `--state` names; nothing without it. @throws ConfigError for a place that cannot be opened. */
export async function chosenState({ pipeline, given, cwd }: StateFlagOf): Promise<StatePlace | undefined> {
  const home = await chosenHome({ pipeline, given, cwd })
  return home && { statePlace: home.place, state: home.state(pipeline.name) }
}

/** The place that `--state` names. @throws ConfigError for one that cannot be opened. */
export async function chosenHome({ pipeline, given, cwd }: StateFlagOf): Promise<StateHome | undefined> {
  const place = given.texts.get('state')?.at(-1)
  if (place === undefined) return undefined
  return connectWith(await stateConnectors(pipeline.connectors, place), cwd).place(place).home
}

/** The pipeline's own connectors. A folder can always hold state, so that a pipeline whose sink has no place for it can be taken up again. */
async function stateConnectors(own: readonly Connector[], place: string): Promise<readonly Connector[]> {
  if (!/^file:/i.test(place) || own.some(each => each.scheme === 'file')) return own
  const { folder } = await import('@millrace/objects')
  return [...own, folder]
}

/** Where a pipeline with these parameters keeps its state: `--state`, else with its data. */
export async function stateOf(invocation: Invocation): Promise<StatePlace> {
  const chosen = await chosenState(invocation)
  if (chosen) return chosen
  const { home } = invocation.build()
  if (home) return { statePlace: home.place, state: home.state(invocation.pipeline.name) }
  throw new ConfigError(
    'ETL_STATE_NONE',
    `Pipeline "${invocation.pipeline.name}" keeps no state at its destination. If it was run with --state <place>, name the same place.`,
  )
}
