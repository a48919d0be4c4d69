import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Pipeline } from './pipeline.js'

/** A pipeline that is to run after another one, and with what. */
export interface Follower {
  readonly pipeline: Pipeline
  /** As a caller would give them. Default: none. */
  readonly params?: unknown
}

/** A follower with the identity it has for good: started twice, its second run finds that it was done before. */
export interface NamedFollower extends Follower {
  readonly loadId: string
}

/**
 * A follower whose parameters are checked against the pipeline's.
 *
 * @example
 * next: report => (report.status === 'succeeded' ? [follow(mail, { loadId: report.loadId })] : [])
 */
export function follow<S extends StandardSchemaV1>(pipeline: Pipeline<S>, params?: StandardSchemaV1.InferInput<S>): Follower {
  return { pipeline: pipeline as unknown as Pipeline, ...(params === undefined ? {} : { params }) }
}
