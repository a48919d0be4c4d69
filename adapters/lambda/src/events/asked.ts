import type { Json } from '@millrace/etl-core'

/** A run that an event asks for. */
export interface Asked {
  /** As given; the pipeline's schema has not seen them yet. */
  readonly params: unknown
  /** The trigger's identity: the same event twice has the same. Absent where an event has none. */
  readonly loadId?: string
  /** Somebody waits for the answer. Absent: nobody does, and only an error makes Lambda try again. */
  readonly awaited?: true
  /** What it comes from, for logs and answers: `s3://bucket/key`. */
  readonly from: string
  /** What an invocation before this one handed on. */
  readonly passedOn?: PassedOn
}

/** What an invocation tells the one that goes on after it. */
export interface PassedOn {
  /** How often the load was handed on, this time included. */
  readonly times: number
  /** How far it had come. Another invocation that comes no further counts one more in `inVain`. */
  readonly progress: Json
  readonly inVain: number
}

/** What an event comes to: runs, and what was left out on purpose, each with its reason. */
export interface Understood {
  readonly asked: readonly Asked[]
  readonly leftOut: readonly string[]
}

/** Several together, in their order. */
export const together = (all: readonly Understood[]): Understood => ({
  asked: all.flatMap(({ asked }) => asked),
  leftOut: all.flatMap(({ leftOut }) => leftOut),
})

/** One run, or none where a trigger returned `null`. */
export function askedWith(params: unknown, rest: Omit<Asked, 'params'>): Understood {
  if (params === null) return { asked: [], leftOut: [`${rest.from}: left out by the pipeline's triggers`] }
  return { asked: [{ ...rest, params }], leftOut: [] }
}
