import { isEtlError } from '@millrace/etl-core'
import { mayBeDone } from './errors.js'
import type { Condition, Item, Outcome, Table } from './table.js'

/** What of a document's item decides who may replace it. */
export interface Head {
  readonly version: string
  /** Nothing was saved yet: a large document is on its way, and this is what it will replace. To everybody else it is absent. */
  readonly pending: boolean
}

/** A change that was refused, because of the version that somebody sees who loads the document; none if it is absent. */
export interface Refusal {
  readonly found: string | undefined
}

/** Documents' items under compare-and-set: one write, one condition. A change gives `undefined` if it was done. */
export interface Heads {
  look(doing: string, key: string): Promise<Head | undefined>
  put(doing: string, key: string, head: Head, content: Item, expected: string): Promise<Refusal | undefined>
  remove(doing: string, key: string, expected: string): Promise<Refusal | undefined>
}

/** The version somebody sees who loads it. */
export const seen = (head: Head | undefined): string | undefined => (head?.pending === false ? head.version : undefined)

export function headsIn(table: Table, partition: string): Heads {
  const look = async (doing: string, key: string): Promise<Head | undefined> => {
    const item = await table.get(doing, partition, key, ['pk', 'version', 'pending'])
    return item && { version: item.version?.S ?? '', pending: item.pending?.BOOL === true }
  }
  return {
    look,
    put(doing, key, { version, pending }, content, expected) {
      const item = { pk: { S: partition }, sk: { S: key }, version: { S: version }, ...content }
      const putting = table.put(doing, pending ? { ...item, pending: { BOOL: true } } : item, at(expected))
      // Refused, too, is a client that lost an answer and asked again; no two writes have the same version.
      return settled(
        putting,
        () => look(doing, key),
        head => head?.version === version,
      )
    },
    remove(doing, key, expected) {
      const removing = table.delete(doing, partition, key, at(expected))
      return settled(
        removing,
        () => look(doing, key),
        (head, repeated) => repeated && seen(head) === undefined,
      )
    },
  }
}

/** What became of a write, after a look at what is there where that is not certain. */
async function settled(
  writing: Promise<Outcome>,
  look: () => Promise<Head | undefined>,
  isDone: (head: Head | undefined, repeated: boolean) => boolean,
): Promise<Refusal | undefined> {
  try {
    const { done, repeated } = await writing
    if (done) return undefined
    const head = await look()
    return isDone(head, repeated) ? undefined : { found: seen(head) }
  } catch (error) {
    // The answer was lost. What went wrong first is what matters.
    const done =
      isEtlError(error) &&
      mayBeDone(error) &&
      (await look()
        .then(head => isDone(head, true))
        .catch(() => false))
    if (!done) throw error
    return undefined
  }
}

/** Where nothing was saved yet, the first to save wins, also over those whose large documents are still on their way. */
function at(expected: string): Condition {
  if (expected === 'absent') return { expression: 'attribute_not_exists(#pk) OR attribute_exists(#pending)' }
  // An item that has none was made by no one of us.
  if (expected === '') return { expression: 'attribute_not_exists(#version)' }
  return { expression: '#version = :expected', values: { ':expected': { S: expected } } }
}
