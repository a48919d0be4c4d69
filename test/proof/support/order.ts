import type { ObjectSinkOptions } from '@millrace/etl-core'
import type { Row, Shape } from './versions.js'

/** What a child is to do: one run. Plain JSON. */
export interface Order {
  readonly place:
    | { readonly folder: string }
    | {
        readonly bucket: string
        readonly endpoint: string
        readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
        readonly region: string
      }
  readonly layout: Omit<ObjectSinkOptions<Row>, 'format'>
  readonly shape: Shape
  readonly version: number
  /** Records per batch. */
  readonly cut: number
  readonly full: boolean
  readonly waitMs: number
  readonly leaseMs: number
  /** What it does to itself at its nth call. */
  readonly signal?: {
    readonly at: number
    readonly when: 'before' | 'during'
    readonly signal: 'SIGKILL' | 'SIGINT' | 'SIGSTOP'
  }
}

/** What became of a run: its report's status, or the code of its error; `killed` if the process is gone. */
export interface Answer {
  readonly status?: string
  readonly error?: string
  readonly message?: string
}

/** What a child writes before it sends itself its signal. */
export const signalLine = 'signal'
