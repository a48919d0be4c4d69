export type { AccessFor, KeyPattern, ObjectDeed, ObjectUse } from './access.js'
export type { ObjectsConnectorOptions } from './connector.js'
export { objectsConnector } from './connector.js'
export { asWriting, objectConflict, objectNotFound, type Side } from './errors.js'
export { folder, folderState } from './folder/folder-connector.js'
export type { FolderStoreOptions } from './folder/folder-store.js'
export { folderStore } from './folder/folder-store.js'
export { checkKey, compareKeys } from './keys.js'
export { memoryStore } from './memory-store.js'
export { objectSink } from './sink/object-sink.js'
export type { ObjectSinkSettings } from './sink/options.js'
export type { ObjectSourceSettings } from './source/object-source.js'
export { objectSource } from './source/object-source.js'
export type { ConditionalStateOptions } from './state/conditional.js'
export { conditionalState } from './state/conditional.js'
export { stateUse } from './state/home.js'
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
  UnfinishedWrites,
} from './store.js'
export type { StreamSinkOptions } from './stream-sink.js'
export { streamSink } from './stream-sink.js'
