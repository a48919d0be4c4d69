import type { Json } from './json.js'
import { loadDoc, type RejectSet } from './load-state.js'
import type { RejectDoc } from './rejects.js'
import type { Source } from './source.js'
import type { StateStore } from './state.js'

/** Raw records handed over at a time. */
const batchRecords = 500

/** A source over stored rejects: their raw records, in stored order. */
export function rejectSource(state: StateStore, original: Source<unknown>): Source<unknown> {
  return {
    name: `rejects of ${original.name}`,
    capabilities: { resumable: true, rereads: 'same' },
    plan: async () => ({ splits: [] }),
    async *read(split, from) {
      const sets = Object.entries((split.params as unknown as { rejects: RejectSet }).rejects)
      const skip = typeof from === 'number' ? from : 0
      let seen = 0
      for (const [key, at] of sets) {
        const doc = (await loadDoc<RejectDoc>(state, key)).value
        for (let start = 0; start < at.length; start += batchRecords) {
          const some = at.slice(start, start + batchRecords)
          seen += some.length
          if (seen <= skip) continue
          const rejects = some.flatMap(index => doc?.rejects[index] ?? [])
          const revive = original.revive ?? ((raw: Json) => raw)
          yield {
            records: rejects.map(({ raw }) => revive(raw)),
            cursor: seen,
            positionOf: row => rejects[row]?.position ?? null,
          }
        }
      }
    },
  }
}
