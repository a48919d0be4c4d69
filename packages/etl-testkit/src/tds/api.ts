import type { TdsCertificate } from './certificate.js'
import type { TdsFault, TdsKind, TdsMatch } from './faults.js'
import type { TdsColumnType, TdsRowset } from './rowset.js'
import type { TdsError } from './tokens.js'

export type { TdsColumnType, TdsError, TdsRowset }

/** How a test server is set up. */
export interface TdsServerOptions {
  /** Default: a free one. */
  readonly port?: number
  /** Who may log in. Default `sink` with `Sink_Pass_1`. */
  readonly user?: string
  readonly password?: string
  /** The databases there are. Default `test`. */
  readonly databases?: readonly string[]
  /** With one, TLS is agreed on with clients that ask for it. Default: the server says that it has no TLS. */
  readonly certificate?: TdsCertificate
  /** What answers statements. Default: no rows. */
  readonly handler?: TdsHandler
}

/** A connection, as a handler sees it. */
export interface TdsSession {
  /** From 1. */
  readonly no: number
  readonly database: string
  /** In a transaction. */
  readonly inTransaction: boolean
  /** The handler's own, empty at first and after a reset: temporary tables, say. */
  readonly memory: Map<string, unknown>
}

/** A request to be answered. */
export interface TdsCall {
  readonly kind: Exclude<TdsKind, 'login' | 'settings'>
  /** The statement; of a bulk load its `insert bulk` statement; empty for transactions. */
  readonly sql: string
  /** By name, without `@`. Big integers are text. */
  readonly params: Readonly<Record<string, unknown>>
  /** Of a bulk load. */
  readonly bulk?: TdsBulk
  readonly session: TdsSession
}

/** A bulk load, decoded. */
export interface TdsBulk {
  /** As the client wrote it. */
  readonly table: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
}

/** What is answered. Nothing: no rows, none changed. */
export interface TdsAnswer {
  readonly rowset?: TdsRowset
  /** Rows changed. Default: those of the rowset. */
  readonly rowCount?: number
  /** Rows changed by each statement of triggers, told before. */
  readonly triggered?: readonly number[]
  readonly error?: TdsError
  /** The error ends the transaction. Default false. */
  readonly rollsBack?: boolean
}

/** Answers statements, those of settings excepted; also told of bulk loads, begins, commits and rollbacks, when they happen. */
export type TdsHandler = (call: TdsCall) => TdsAnswer | undefined | Promise<TdsAnswer | undefined>

/** One request, as it is kept. */
export interface TdsLogged {
  /** From 1, in the order they came. */
  readonly no: number
  /** The connection's number. */
  readonly session: number
  readonly kind: TdsKind | 'attention' | 'unsupported'
  readonly sql: string
  readonly params: Readonly<Record<string, unknown>>
  readonly inTransaction: boolean
  readonly bulk?: TdsBulk
  readonly fault?: TdsFault
  /** Of an error that was sent. */
  readonly error?: number
  /** Whether an answer was sent. */
  readonly answered: boolean
}

/** A TDS server on loopback. */
export interface TdsServer {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** `sqlserver://127.0.0.1:1433/test` */
  readonly place: string
  /** Requests so far. */
  readonly log: readonly TdsLogged[]
  /** Connections open now. */
  readonly open: number
  /** Changes what answers statements. */
  handle(handler: TdsHandler): void
  failNext(fault: TdsFault, times?: number): () => void
  failWhen(match: TdsMatch, fault: TdsFault): () => void
  clearFaults(): void
  /** Log-ins end in this error until the function that is given back is called. Default 18401: the server is starting. */
  refuseLogins(error?: TdsError): () => void
  /** Nothing is answered until the function that is given back is called. */
  stall(): () => void
  /** Cuts all connections, as a server that restarts does. */
  dropAll(): void
  close(): Promise<void>
}
