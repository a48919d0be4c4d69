import type { TdsError } from './tokens.js'

/** What a client asks for. `settings`: the batch of SET statements that follows a log-in or resets a session. */
export type TdsKind = 'login' | 'settings' | 'batch' | 'rpc' | 'bulk' | 'begin' | 'commit' | 'rollback' | 'save'

/** What can be made to go wrong with a request. */
export type TdsFault =
  /** Error 1205, and the transaction is rolled back. Nothing was done. */
  | 'deadlock'
  /** The connection is cut. Nothing was done. */
  | 'dropBefore'
  /** The request is carried out, then the connection is cut: its answer is lost. */
  | 'dropAfter'
  /** No answer until the client sends an attention. Nothing was done. */
  | 'hang'
  /** Bulk only: the connection is cut when so many rows have arrived. */
  | { readonly dropAfterRows: number }
  /** Late, in milliseconds; then as usual. */
  | { readonly delayMs: number }
  /** Any error. With a class above 19 the connection ends with it, with `rollsBack` the transaction does. */
  | { readonly error: TdsError; readonly rollsBack?: boolean }

/** Which requests a fault is for. What is left out matches all. */
export interface TdsMatch {
  readonly kind?: TdsKind | readonly TdsKind[]
  /** In the statement, or the name of the table of a bulk load. */
  readonly sql?: RegExp
  /** Of the requests that match, from now on, the first that goes wrong; from 1. Default 1. */
  readonly nth?: number
  /** How many go wrong from there on. Default 1. */
  readonly times?: number
}

/** The faults a server is to show. Rules are tried in the order they were added. */
export interface Faults {
  add(match: TdsMatch, fault: TdsFault): () => void
  take(kind: TdsKind, sql: string): TdsFault | undefined
  clear(): void
}

interface Rule {
  readonly match: TdsMatch
  readonly fault: TdsFault
  seen: number
  left: number
}

/** No faults yet. */
export function createFaults(): Faults {
  const rules = new Set<Rule>()
  return {
    add(match, fault) {
      const rule = { match, fault, seen: 0, left: match.times ?? 1 }
      rules.add(rule)
      return () => rules.delete(rule)
    },
    take(kind, sql) {
      let taken: TdsFault | undefined
      for (const rule of rules) {
        const { match } = rule
        if (match.kind !== undefined && ![match.kind].flat().includes(kind)) continue
        if (match.sql !== undefined && !match.sql.test(sql)) continue
        rule.seen++
        if (taken !== undefined || rule.left === 0 || rule.seen < (match.nth ?? 1)) continue
        rule.left--
        taken = rule.fault
      }
      return taken
    },
    clear: () => rules.clear(),
  }
}
