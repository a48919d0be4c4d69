export { checkKey, compareKeys } from './keys.js'
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
