import { definePipeline, from, type Source } from '@millrace/etl-core'
import { memorySink } from '@millrace/etl-testkit/cases'

interface Reading {
  readonly sensor: string
  readonly celsius: number
}

/** Reading it again may give other records: the newest hundred of each sensor. */
const newest: Source<Reading> = {
  name: 'newest readings',
  capabilities: { resumable: false, rereads: 'mayDiffer' },
  plan: async () => ({ splits: [{ id: 'all', params: null }] }),
  async *read() {
    yield { records: [{ sensor: 'a', celsius: 21.5 }], cursor: 1 }
  },
}

// #region refused
export const readings = definePipeline({
  name: 'readings',
  delivery: 'exactly once',
  build: () => from(newest).into(memorySink({ disposition: 'append' })),
})
// #endregion

export const merged = definePipeline({
  name: 'merged-readings',
  delivery: 'exactly once',
  build: () => from(newest).into(memorySink<Reading>({ disposition: 'merge', keyOf: ({ sensor }) => sensor })),
})
