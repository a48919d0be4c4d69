import { type PlantReading, plants } from '@millrace/source-plants'
import { plantsServer } from '@millrace/source-plants/testing'
import { refusedTag } from './drafts.js'
import type { SourceLine } from './source-line.js'

/** Five plants, or eleven in two splits; the first answer of one of them has no structure. It may say something else when it is asked again. */
export const thePlants: SourceLine = {
  name: 'the plants',
  of: 'source-plants',
  async serve(drafts) {
    const count = Object.values(drafts).flatMap(of => Object.values(of).flat()).length
    const server = await plantsServer({ generation: 3, seed: 7, now: '2026-03-01T12:00:00Z', plants: count })
    server.alter(3, () => ({ plant_id: 3 }))
    return {
      open: () => plants({ apiUrl: server.url, knownIds: count, idsPerSplit: 6, idsPerBatch: 2, stopAfter: 1 }),
      draftOf(record) {
        const { plant_id } = record as PlantReading
        return { id: `${plant_id}`, n: plant_id === 2 ? -1 : plant_id, tag: plant_id === 4 ? refusedTag : 'even' }
      },
      close: () => server.close(),
    }
  },
}
