import { newVersion } from './content.js'
import { type Heads, seen } from './heads.js'
import type { Parts } from './parts.js'
import type { Table } from './table.js'

/**
 * How long a large document that is being saved for the first time may take before others clear it away. Its writer is then told of a
 * conflict, so nothing is lost where it was only slow; still, far longer than any request is tried.
 */
const abandonedAfterMs = 60 * 60_000

/** A change of parts that was begun: what is to be removed when it is over, however it ends. */
export interface Unfinished {
  readonly id: string
  readonly key: string
  /** The version whose parts it makes; without any for a removal. */
  readonly version: string
  /** What it replaces, if that is still there. Never comes back once it is gone. */
  readonly expected: string
}

/**
 * Changes of large documents that are on their way, or were left by a process that died: one small item for each, in a partition of their
 * own, which is empty mostly. Written before the first part, removed after the last one that is no more needed.
 */
export interface UnfinishedChanges {
  begin(change: Omit<Unfinished, 'id'>): Promise<Unfinished>
  /** Removes the parts that nobody needs: those replaced if it was `done`, else its own. */
  end(change: Unfinished, done: boolean): Promise<void>
  /** Ends those that others have left. One whose document is still what it wanted to replace may go on yet, and stays. */
  sweep(): Promise<void>
}

export function unfinishedIn(table: Table, partition: string, heads: Heads, parts: Parts): UnfinishedChanges {
  const pk = `${partition}#unfinished`
  const sweeping = 'remove what other runs have left'

  const end = async ({ id, key, version, expected }: Unfinished, done: boolean): Promise<void> => {
    await parts.remove(key, done ? expected : version)
    await table.delete(`remove what was before in state "${key}"`, pk, id)
  }

  const sweepOne = async (change: Unfinished, begunAtMs: number): Promise<void> => {
    const { key, version, expected } = change
    const head = await heads.look(sweeping, key)
    if (head?.version === expected) {
      const abandoned = head.pending && Date.now() - begunAtMs > abandonedAfterMs
      // Gone, it cannot be replaced any more, should its writer be alive after all.
      if (!abandoned || (await heads.remove(sweeping, key, expected))) return
    } else if (head?.version !== version) {
      // It was never done and never will be, or was and is replaced by now.
      await parts.remove(key, version)
      await parts.remove(key, expected)
      await table.delete(sweeping, pk, change.id)
      return
    }
    await end(change, seen(head) === version)
  }

  return {
    async begin(change) {
      const begun = { id: newVersion(0), ...change }
      const { id, key, version, expected } = begun
      const item = { pk: { S: pk }, sk: { S: id }, key: { S: key }, version: { S: version }, expected: { S: expected } }
      await table.put(`save state "${key}"`, { ...item, begunAtMs: { N: String(Date.now()) } })
      return begun
    },
    end,
    async sweep() {
      const names = ['sk', 'key', 'version', 'expected', 'begunAtMs']
      for await (const item of table.query(sweeping, pk, { begins: '', names })) {
        const [id, key, version, expected] = ['sk', 'key', 'version', 'expected'].map(name => item[name]?.S ?? '')
        await sweepOne({ id, key, version, expected } as Unfinished, Number(item.begunAtMs?.N))
      }
    },
  }
}
