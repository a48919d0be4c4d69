import type { Json } from './json.js'

/**
 * Something that a part of a pipeline does at a place and that has to be allowed there. Plug-ins say it of themselves, without asking anyone;
 * the core only hands it on. Whoever makes a policy of it makes the least one that will do, so a plug-in names what it really does and no more.
 */
export interface Access {
  /** Who allows it: `aws`, `SQL Server`. */
  readonly system: string
  /** A short name for what it is done to, for people and for the parts of a policy: `staging`. */
  readonly what: string
  /** In the system's own words: `s3:GetObject`. None where nothing has to be allowed, or another way: `why` then says how. */
  readonly actions: readonly string[]
  /** What they are done to, in the system's own words, wildcards among them. Without user or secret. */
  readonly resources: readonly string[]
  /** When it is enough to allow it, in the system's own words. Default: always. */
  readonly condition?: Json
  /** For people, as one clause: `reads what an earlier load has published`. */
  readonly why: string
}

/** What one part of a pipeline needs. */
export interface PartAccess extends Access {
  /** `source`, `sink`, `state`, `rejects of 2 validate`. */
  readonly part: string
}

/** A source, a sink or a place for state, as far as access goes. */
export interface NeedsAccess {
  readonly name: string
  access?(pipeline: string): readonly Access[]
}

/** What a part says that it needs; one that does not say is told of as such, and not as one that needs nothing. */
export function accessOf(part: NeedsAccess, pipeline: string): readonly Access[] {
  return (
    part.access?.(pipeline) ?? [{ system: part.name, what: '', actions: [], resources: [], why: 'it does not say what it needs' }]
  )
}

/** The same for a named part of a pipeline. */
export const partAccess = (part: string, of: NeedsAccess, pipeline: string): readonly PartAccess[] =>
  accessOf(of, pipeline).map(access => ({ ...access, part }))
