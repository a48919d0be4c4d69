import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeObjectStore, describeStateStore } from '@millrace/etl-testkit'
import { conditionalState, folderStore, memoryStore, type ObjectStore, stateOver, versionedState } from '../src/index.js'

async function inFolder<W>(make: (path: string) => W): Promise<W & { close(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-objects-'))
  return { ...make(path), close: () => rm(path, { recursive: true, force: true }) }
}

describeObjectStore('folderStore', {
  open: () => inFolder(path => ({ store: folderStore(path), another: () => folderStore(path) })),
})

describeObjectStore('memoryStore', {
  holdsBytes: true,
  open() {
    const store = memoryStore()
    return { store, another: () => store }
  },
})

const states = {
  'versionedState over a folder': (store: ObjectStore) => versionedState(store, 'app/state'),
  'stateOver a folder, without a prefix': (store: ObjectStore) => stateOver(() => store, ''),
}
for (const [name, stateIn] of Object.entries(states)) {
  describeStateStore(name, {
    open: () => inFolder(path => ({ store: stateIn(folderStore(path)), another: () => stateIn(folderStore(path)) })),
  })
}

for (const [name, stateIn] of Object.entries({ versionedState, conditionalState })) {
  describeStateStore(`${name} over a memory`, {
    open() {
      const store = memoryStore()
      return { store: stateIn(store, 'state'), another: () => stateIn(store, 'state') }
    },
  })
}
