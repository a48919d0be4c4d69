import * as z from 'zod'

/** What every source of the table is made to yield, and every sink to take. */
export interface Draft {
  readonly id: string
  /** Negative ones are rejected by `draftSchema`. */
  readonly n: number
  /** Sinks refuse `refusedTag`, those that refuse anything. */
  readonly tag: string
}

export const draftSchema = z.object({ id: z.string(), n: z.int().min(0), tag: z.string() })

/** Too long for a partition's folder. */
export const refusedTag = 'x'.repeat(300)

/** Those that sources without files make so that they cannot be read; files have a broken line. */
export const isUnreadable = ({ id }: Draft): boolean => id.endsWith('2')

/** Records by group and split. */
export type Drafts = Readonly<Record<string, Readonly<Record<string, readonly Draft[]>>>>

const draftsOf = (split: string, count: number): Draft[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `${split}${at}`,
    n: at === 1 ? -1 : at,
    tag: at === 3 ? refusedTag : at % 2 === 0 ? 'even' : 'odd',
  }))

/** One split; and several splits in several groups. */
export const shapes = {
  'one split': { one: { a: draftsOf('a', 5) } },
  'several splits': { one: { a: draftsOf('a', 5), b: draftsOf('b', 4) }, two: { c: draftsOf('c', 2) } },
} as const satisfies Readonly<Record<string, Drafts>>

/** A record as a sink wrote it, back as it was: formats without types give text, partitions keep the tag in the name. */
export const idAndNumber = (record: unknown): { readonly id: string; readonly n: number } => {
  const { id, n } = record as { id: unknown; n: unknown }
  return { id: String(id), n: Number(n) }
}
