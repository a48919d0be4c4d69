export { objectConflict, objectNotFound } from './errors.js'
export type { FolderStoreOptions } from './folder/folder-store.js'
export { folderStore } from './folder/folder-store.js'
export { checkKey, compareKeys } from './keys.js'
export { memoryStore } from './memory-store.js'
export { conditionalState } from './state/conditional.js'
export { stateOver } from './state/state-over.js'
export { versionedState } from './state/versioned.js'
export type {
  GetOptions,
  ObjectBody,
  ObjectInfo,
  ObjectPiece,
  ObjectStore,
  ObjectStoreCapabilities,
  PutCondition,
  PutOptions,
  StoreCallOptions,
} from './store.js'
