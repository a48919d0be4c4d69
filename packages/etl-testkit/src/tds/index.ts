export type {
  TdsAnswer,
  TdsBulk,
  TdsCall,
  TdsColumnType,
  TdsError,
  TdsHandler,
  TdsLogged,
  TdsRowset,
  TdsServer,
  TdsServerOptions,
  TdsSession,
} from './api.js'
export type { TdsFault, TdsKind, TdsMatch } from './faults.js'
export { tdsServer } from './server.js'
