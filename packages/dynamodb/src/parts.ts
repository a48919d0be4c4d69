import { partsOf } from './content.js'
import type { Table } from './table.js'

/** Requests for parts on their way at once. A partition takes 1,000 KiB of writes a second, so more would only be throttled. */
const atOnce = 4

/**
 * The parts of large documents. Those of one version have a partition of their own: they are found without a search, and the load of large
 * documents is spread.
 */
export interface Parts {
  write(key: string, version: string, parts: readonly Uint8Array[]): Promise<void>
  /** `undefined` if any is not there. */
  read(key: string, version: string): Promise<readonly Uint8Array[] | undefined>
  /** Also of a version that has none. May be repeated. */
  remove(key: string, version: string): Promise<void>
}

export function partsIn(table: Table, partition: string): Parts {
  const pk = (key: string, version: string) => `${partition}#${version}#${key}`
  const sk = (at: number) => String(at + 1).padStart(5, '0')
  return {
    write: (key, version, parts) =>
      eachOf(parts.length, async at => {
        const item = { pk: { S: pk(key, version) }, sk: { S: sk(at) }, gzip: { B: parts[at] as Uint8Array } }
        await table.put(`save state "${key}"`, item)
      }),
    async read(key, version) {
      const found: (Uint8Array | undefined)[] = []
      await eachOf(partsOf(version), async at => {
        found[at] = (await table.get(`load state "${key}"`, pk(key, version), sk(at)))?.gzip?.B
      })
      const whole = found.filter(each => each !== undefined)
      return whole.length === partsOf(version) ? whole : undefined
    },
    remove: (key, version) =>
      eachOf(partsOf(version), async at => {
        await table.delete(`remove what was before in state "${key}"`, pk(key, version), sk(at))
      }),
  }
}

/** A few at a time. The first error is thrown once none is on its way any more, and nothing new is begun after it. */
async function eachOf(count: number, act: (at: number) => Promise<void>): Promise<void> {
  let next = 0
  let failed = false
  const worker = async (): Promise<void> => {
    while (next < count && !failed) {
      try {
        await act(next++)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const workers = Array.from({ length: Math.min(atOnce, count) }, worker)
  await Promise.allSettled(workers)
  await Promise.all(workers)
}
