import { ConfigError, connectWith, type Pipeline, type StateStore } from '@millrace/etl-core'
import type { Invocation } from './invocation.js'

/** A pipeline's state, and where it is for people. */
export interface StatePlace {
  readonly place: string
  readonly state: StateStore
}

/** State at a place the pipeline's connectors can open; folders can always be opened. */
export async function stateAt(pipeline: Pipeline, place: string): Promise<StatePlace> {
  const { home } = connectWith(pipeline.connectors).place(place)
  return { place: home.place, state: home.state(pipeline.name) }
}

/** Where a pipeline with these parameters keeps its state: `--state`, else with its data. */
export async function stateOf(invocation: Invocation): Promise<StatePlace> {
  const { pipeline, given } = invocation
  const place = given.texts.get('state')?.at(-1)
  if (place !== undefined) return stateAt(pipeline, place)
  const { home } = invocation.build()
  if (home) return { place: home.place, state: home.state(pipeline.name) }
  throw new ConfigError(
    'ETL_STATE_NONE',
    `Pipeline "${pipeline.name}" keeps no state at its destination. If it was run with --state <place>, name the same place.`,
  )
}
