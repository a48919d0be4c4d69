import type { Json } from './json.js'
import type { LeaseOptions } from './lease.js'
import type { Load, RunContext } from './load.js'
import type { ReplayDoc } from './load-state.js'
import type { Runnable } from './runnable.js'
import type { Bookmark } from './split.js'
import type { StateStore } from './state.js'

/** What beginning a load needs to know. */
export interface BeginOptions {
  readonly state: StateStore
  readonly statePlace: string
  readonly pipeline: string
  readonly runnable: Runnable
  /** A context for calls made before the load is owned. */
  contextFor(load: Load, bookmarks: ReadonlyMap<string, Bookmark>): RunContext
  readonly lease: Omit<LeaseOptions, 'state'>
  readonly params: Json
  readonly paramsKey: string
  readonly groupParamsKey: string
  readonly fingerprint: string
  readonly layoutKey: string
  readonly keepBookmarks: boolean
  /** From the trigger, if it has an identity. */
  readonly triggerId: string | undefined
  /** Made for this load if nothing unfinished is taken up. */
  readonly freshId: string
  readonly full: boolean
  /** Run rejects again instead of loading what is new. */
  readonly replay: ReplayDoc | undefined
  readonly waitMs: number
  readonly notes: string[]
}
