import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryState } from '@millrace/etl-core'
import { type ContractCase, objectStoreCases, stateStoreCases } from '@millrace/etl-testkit/cases'
import { conditionalState, folderStore, memoryStore, versionedState } from '@millrace/objects'
import type { Suites } from '../suites.js'

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'millrace-planted-'))
  const open = () => folderStore(path)
  return { store: open(), another: open, close: () => rm(path, { recursive: true, force: true }) }
}

/** Cases about very much or very many, which other tests have. */
const quick = (cases: readonly ContractCase[]) =>
  cases.filter(({ name }) => !/^(thousands of objects|a large object|an object is assembled from large)/.test(name))

/** Places for objects and for state. */
export const suites: Suites = {
  'a folder': () => quick(objectStoreCases({ open: folder })),
  'objects in memory': () => quick(objectStoreCases({ open: () => ({ store: memoryStore() }), holdsBytes: true })),
  'state in memory': () => stateStoreCases({ open: () => ({ store: memoryState() }) }),
  'state as versions in a folder': () =>
    stateStoreCases({
      async open() {
        const { another, close } = await folder()
        const open = () => versionedState(another(), 'state')
        return { store: open(), another: open, close }
      },
    }),
  'state under conditions': () =>
    stateStoreCases({
      open() {
        const store = memoryStore()
        return { store: conditionalState(store, 'state'), another: () => conditionalState(store, 'state') }
      },
    }),
}
