import { S3Failure } from './errors.js'
import type { S3Operation } from './routes.js'

/** What can be made to go wrong with a request. Signature and body are judged first: a fault hides no mistake of the client. */
export type S3Fault =
  /** 503 SlowDown. */
  | 'throttle'
  /** 500 InternalError. */
  | 'internalError'
  /** 403 AccessDenied. */
  | 'denied'
  /** 409 ConditionalRequestConflict. */
  | 'conflict'
  /** 400 ExpiredToken, whoever signed. */
  | 'expired'
  /** 200 whose document is an error, as copying and completing an upload may answer. Nothing was done. */
  | 'errorIn200'
  /** The connection is reset before the body is read. Nothing was done. */
  | 'resetBefore'
  /** The request is carried out, then the connection is reset: its answer is lost. */
  | 'resetAfter'
  /** The right headers, half of the body, then the connection ends. */
  | 'truncated'
  /**
   * Late, in milliseconds: before anything is done (`before`, the default), after it is done (`answer`), or with half of the body sent
   * (`body`).
   */
  | { readonly delayMs: number; readonly where?: 'before' | 'answer' | 'body' }
  /** Another writer was a moment faster: these bytes are at the key when the request is judged; null: the object is gone. */
  | { readonly otherWriter: Uint8Array | string | null }
  /** DeleteObjects: these keys stay, each with an error of its own in the 200. Default code AccessDenied. */
  | { readonly refuseKeys: readonly string[]; readonly code?: string }
  /** Any error. */
  | {
      readonly status: number
      readonly code: string
      readonly message?: string
      readonly headers?: Readonly<Record<string, string>>
    }

/** Which requests a fault is for. What is left out matches all. */
export interface S3Match {
  readonly operation?: S3Operation | readonly S3Operation[]
  readonly bucket?: string
  readonly key?: string | RegExp | ((key: string) => boolean)
  /** Of the requests that match, from now on, the first that goes wrong; from 1. Default 1. */
  readonly nth?: number
  /** How many go wrong from there on. Default 1. */
  readonly times?: number
}

/** What faults are matched against. */
export interface FaultSubject {
  readonly no: number
  readonly operation: string
  readonly bucket: string
  readonly key: string
}

/** The faults a server is to show. */
export interface Faults {
  add(match: S3Match & { readonly no?: number }, fault: S3Fault): () => void
  take(subject: FaultSubject): S3Fault | undefined
  clear(): void
}

interface Rule {
  readonly match: S3Match & { readonly no?: number }
  readonly fault: S3Fault
  seen: number
  left: number
}

/** Rules are tried in the order they were added; one whose turn was taken by an earlier one keeps its turn. */
export function createFaults(): Faults {
  const rules = new Set<Rule>()
  return {
    add(match, fault) {
      const rule = { match, fault, seen: 0, left: match.times ?? 1 }
      rules.add(rule)
      return () => rules.delete(rule)
    },
    take(subject) {
      let taken: S3Fault | undefined
      for (const rule of rules) {
        if (!fits(rule.match, subject)) continue
        rule.seen++
        if (taken !== undefined || rule.left === 0 || rule.seen < (rule.match.nth ?? 1)) continue
        rule.left--
        taken = rule.fault
      }
      return taken
    },
    clear: () => rules.clear(),
  }
}

function fits({ no, operation, bucket, key }: Rule['match'], subject: FaultSubject): boolean {
  if (no !== undefined && no !== subject.no) return false
  if (operation !== undefined && ![operation].flat().includes(subject.operation as S3Operation)) return false
  if (bucket !== undefined && bucket !== subject.bucket) return false
  if (typeof key === 'function') return key(subject.key)
  return key === undefined || (typeof key === 'string' ? key === subject.key : key.test(subject.key))
}

const failures = {
  throttle: 'SlowDown',
  internalError: 'InternalError',
  denied: 'AccessDenied',
  conflict: 'ConditionalRequestConflict',
  expired: 'ExpiredToken',
} as const

/** The refusal a fault stands for, if it is one. */
export function failureOf(fault: S3Fault | undefined): S3Failure | undefined {
  if (fault === undefined) return undefined
  if (typeof fault === 'string') return fault in failures ? new S3Failure(failures[fault as keyof typeof failures]) : undefined
  if (!('status' in fault)) return undefined
  return new S3Failure(fault, fault.message, fault.headers ? { headers: fault.headers } : {})
}

/** How long a fault holds the request at a place. */
export function delayAt(where: 'before' | 'answer' | 'body', fault: S3Fault | undefined): number {
  if (typeof fault !== 'object' || !('delayMs' in fault)) return 0
  return (fault.where ?? 'before') === where ? fault.delayMs : 0
}
