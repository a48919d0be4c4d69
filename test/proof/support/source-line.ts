import type { Source } from '@millrace/etl-core'
import type { PartsOfLife } from '@millrace/etl-testkit/cases'
import type { Draft, Drafts } from './drafts.js'

/** A source with its data, as many processes as there are may open it. */
export interface OpenSource {
  open(life: PartsOfLife): Source<unknown>
  /** Its record as every sink takes it. */
  draftOf(record: unknown): Draft
  close(): Promise<void>
}

/** A line of the table. */
export interface SourceLine {
  readonly name: string
  /** The package it is of, if that is called `source-…`. */
  readonly of?: string
  serve(drafts: Drafts): Promise<OpenSource>
}

export const asDraft = (record: unknown): Draft => {
  const { id, n, tag } = record as Record<string, unknown>
  return { id: String(id), n: Number(n), tag: String(tag) }
}
