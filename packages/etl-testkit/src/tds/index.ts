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
export type { TdsCertificate } from './certificate.js'
export { selfSigned } from './certificate.js'
export type { TdsFault, TdsKind, TdsMatch } from './faults.js'
export { tdsServer } from './server.js'
