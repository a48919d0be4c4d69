import type { Socket } from 'node:net'
import type { TdsAnswer, TdsCall, TdsHandler, TdsLogged, TdsSession } from './api.js'
import { type Bulk, bulkOf } from './bulk.js'
import type { TdsCertificate } from './certificate.js'
import type { Faults, TdsFault, TdsKind } from './faults.js'
import { framing, type TdsMessage } from './framing.js'
import { batchOf, loginOf, rpcOf, transactionOf } from './requests.js'
import { columnsToken, rowToken } from './rowset.js'
import { type Handshake, handshakeOf } from './secure.js'
import {
  done,
  doneStatus,
  errorToken,
  loginAck,
  resetChange,
  returnStatus,
  type TdsError,
  textChange,
  transactionChange,
} from './tokens.js'

/** What connections share. */
export interface Shared {
  readonly user: string
  readonly password: string
  readonly databases: readonly string[]
  readonly faults: Faults
  readonly log: Entry[]
  readonly certificate: TdsCertificate | undefined
  readonly handler: TdsHandler
  /** Set while log-ins are refused. */
  readonly refusal: TdsError | undefined
  /** Resolves at once, or when a stalled server goes on. */
  gate(): Promise<void>
}

/** An entry while its request is under way. */
export type Entry = { -readonly [K in keyof TdsLogged]: TdsLogged[K] }

interface Request {
  readonly kind: TdsKind
  readonly sql: string
  readonly params: Readonly<Record<string, unknown>>
  readonly bulk?: Bulk
}

/** The answer was given up: the client has cancelled, or the connection is cut. */
const silent = Symbol('no answer')
const packetSize = 4096
/** What tedious sends when it has logged in, and to reset a session. */
const settings =
  /^\s*set (ansi_|arithabort|concat_null|cursor_close|datefirst|dateformat|implicit_|language|numeric_|quoted_|textsize|transaction)/i

/** Serves one connection until it ends. */
export function serveConnection(socket: Socket, no: number, shared: Shared): void {
  const { IncomingMessageStream, OutgoingMessageStream, Message, PreloginPayload, packetTypes, noDebug } = framing()
  const flags = { reset: false, ignore: false }
  // A message says nothing of the bits in its packets' headers; its debugger sees them.
  const watched = Object.assign(Object.create(noDebug as object), {
    packet: (_: string, packet: { readonly buffer: Buffer }) => {
      const status = packet.buffer[1] ?? 0
      if (status & 0x08) flags.reset = true
      if (status & 0x02) flags.ignore = true
    },
    data() {},
  })
  const incoming = new IncomingMessageStream(watched)
  const outgoing = new OutgoingMessageStream(noDebug, { packetSize })
  const memory = new Map<string, unknown>()
  let database = 'master'
  let transaction = 0n
  let lastTransaction = 0n
  let insertBulk = ''
  let running: Promise<void> = Promise.resolve()
  let cancel: AbortController | undefined
  let handshake: Handshake | undefined

  const session: TdsSession = {
    no,
    memory,
    get database() {
      return database
    },
    get inTransaction() {
      return transaction !== 0n
    },
  }
  const send = (...tokens: readonly Buffer[]) => {
    const message = new Message({ type: packetTypes.TABULAR_RESULT as number })
    outgoing.write(message as never)
    // One write for all: tedious's framing cuts it into packets itself.
    message.end(Buffer.concat(tokens))
  }
  const cut = (): typeof silent => {
    socket.resetAndDestroy()
    return silent
  }

  socket.pipe(incoming)
  outgoing.pipe(socket)
  for (const stream of [socket, incoming, outgoing]) stream.on('error', () => socket.destroy())
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  // Nobody reads on behind a connection that was cut.
  socket.once('close', () => incoming.destroy())
  read().catch(() => socket.destroy())

  async function read(): Promise<void> {
    for await (const message of incoming) {
      if (message.type === packetTypes.ATTENTION) {
        await whole(message)
        shared.log.push({ ...entryOf({ kind: 'batch', sql: '', params: {} }), kind: 'attention', answered: true })
        cancel?.abort()
        await running
        send(done('batch', doneStatus.attention))
        continue
      }
      const { reset } = flags
      flags.reset = false
      flags.ignore = false
      if (reset) {
        memory.clear()
        transaction = 0n
      }
      if (message.type === packetTypes.PRELOGIN) await prelogin(await whole(message))
      else if (message.type === packetTypes.LOGIN7) await logIn(await whole(message))
      else await take(message, reset)
    }
  }

  /** The first message of a connection, and those that agree on TLS behind it. */
  async function prelogin(data: Buffer): Promise<void> {
    if (handshake) return handshake(data)
    const { certificate } = shared
    const wants = new PreloginPayload(data).encryptionString
    const encrypt = certificate !== undefined && (wants === 'ON' || wants === 'REQ')
    if (encrypt) handshake = handshakeOf({ socket, incoming, outgoing }, certificate, packetTypes.PRELOGIN as number)
    send(new PreloginPayload({ encrypt, version: { major: 16, minor: 0, build: 1000, subbuild: 0 } }).data)
  }

  function entryOf({ kind, sql, params }: Request): Entry {
    return {
      no: shared.log.length + 1,
      session: no,
      kind,
      sql,
      params,
      inTransaction: transaction !== 0n,
      answered: false,
    }
  }

  async function logIn(data: Buffer): Promise<void> {
    const login = loginOf(data)
    const entry = entryOf({ kind: 'login', sql: login.user, params: { database: login.database } })
    shared.log.push(entry)
    const fault = shared.faults.take('login', login.user)
    if (fault !== undefined) entry.fault = fault
    await shared.gate()
    if (fault === 'dropBefore' || fault === 'dropAfter') return void cut()
    if (typeof fault === 'object' && 'delayMs' in fault) await pause(fault.delayMs, closed)
    const error = refusalOf(login, fault)
    if (error) {
      entry.error = error.number
      return send(errorToken(error), done('batch', doneStatus.error))
    }
    entry.answered = true
    database = login.database === '' ? 'master' : login.database
    send(
      textChange(1, database, 'master'),
      loginAck(),
      textChange(4, String(packetSize), String(packetSize)),
      done('batch', doneStatus.final),
    )
  }

  function refusalOf(login: { user: string; password: string; database: string }, fault: TdsFault | undefined) {
    if (typeof fault === 'object' && 'error' in fault) return fault.error
    if (shared.refusal) return shared.refusal
    if (login.user !== shared.user || login.password !== shared.password)
      return { number: 18456, class: 14, message: `Login failed for user '${login.user}'.` }
    if (login.database !== '' && !shared.databases.includes(login.database))
      return { number: 4060, class: 11, message: `Cannot open database "${login.database}" requested by the login.` }
    return undefined
  }

  /** Takes one request; its answer may take its time, so that an attention can come meanwhile. */
  async function take(message: TdsMessage, reset: boolean): Promise<void> {
    const bulkFault = message.type === packetTypes.BULK_LOAD ? shared.faults.take('bulk', insertBulk) : undefined
    const request = await requestOf(message, bulkFault)
    const entry = entryOf(request)
    shared.log.push(entry)
    if (request.bulk) entry.bulk = request.bulk
    const fault = request.kind === 'bulk' ? bulkFault : shared.faults.take(request.kind, request.sql)
    if (fault !== undefined) entry.fault = fault
    const current = new AbortController()
    cancel = current
    const resetDone = reset ? [resetChange()] : []
    running = answer(request, entry, fault, current.signal).then(
      tokens => {
        if (current.signal.aborted && tokens !== silent) send(done('batch', doneStatus.error))
        else if (tokens !== silent) send(...resetDone, ...tokens)
      },
      () => void cut(),
    )
  }

  async function requestOf(message: TdsMessage, fault: TdsFault | undefined): Promise<Request> {
    if (message.type === packetTypes.BULK_LOAD) {
      const limit = typeof fault === 'object' && 'dropAfterRows' in fault ? fault.dropAfterRows : undefined
      const bulk = await bulkOf(message, insertBulk, { limit, gate: shared.gate, ignored: () => flags.ignore })
      return { kind: 'bulk', sql: insertBulk, params: {}, bulk }
    }
    const data = await whole(message)
    if (message.type === packetTypes.SQL_BATCH) {
      const sql = batchOf(data)
      return { kind: settings.test(sql) ? 'settings' : 'batch', sql, params: {} }
    }
    if (message.type === packetTypes.RPC_REQUEST) return { kind: 'rpc', ...(await rpcOf(data)) }
    return { kind: transactionOf(data) ?? 'save', sql: '', params: {} }
  }

  async function answer(
    request: Request,
    entry: Entry,
    fault: TdsFault | undefined,
    cancelled: AbortSignal,
  ): Promise<readonly Buffer[] | typeof silent> {
    const { kind, sql, params, bulk } = request
    await shared.gate()
    const ending = kind === 'rpc' ? 'procedure' : 'batch'
    if (fault === 'dropBefore') return cut()
    if (typeof fault === 'object' && 'dropAfterRows' in fault && bulk) return cut()
    if (fault === 'hang') {
      await new Promise<void>(resolve => {
        cancelled.addEventListener('abort', () => resolve(), { once: true })
        void closed.then(resolve)
      })
      return []
    }
    if (typeof fault === 'object' && 'delayMs' in fault) await pause(fault.delayMs, closed, cancelled)
    if (cancelled.aborted) return []
    if (fault === 'deadlock') {
      return failed({
        error: { number: 1205, class: 13, message: 'Transaction was deadlocked on lock resources and chosen as the victim.' },
        rollsBack: true,
      })
    }
    if (typeof fault === 'object' && 'error' in fault) {
      const tokens = failed(fault)
      if ((fault.error.class ?? 16) < 20) return tokens
      // It is heard before the connection ends.
      send(...tokens)
      outgoing.end()
      return silent
    }
    if (kind === 'batch' && /^\s*insert bulk/i.test(sql)) {
      insertBulk = sql
      entry.answered = true
      return [done('batch', doneStatus.final)]
    }
    const call: TdsCall = { kind: kind as TdsCall['kind'], sql, params, session, ...(bulk ? { bulk } : {}) }
    if (bulk?.ignored) return [done('batch', doneStatus.error)]
    const found = (kind === 'settings' ? undefined : await shared.handler(call)) ?? {}
    if (found.error) return failed(found as Required<Pick<TdsAnswer, 'error'>> & TdsAnswer)
    const changes = transact(kind)
    if (fault === 'dropAfter') return cut()
    entry.answered = true
    const count = bulk ? bulk.rows.length : (found.rowCount ?? found.rowset?.rows.length ?? 0)
    const rows = found.rowset
      ? [columnsToken(found.rowset), ...found.rowset.rows.map(row => rowToken(found.rowset as never, row))]
      : []
    const statementDone = (changed: number) => done('statement', doneStatus.count | doneStatus.more, changed)
    const triggered = (found.triggered ?? []).map(statementDone)
    if (kind === 'rpc') return [...triggered, ...rows, statementDone(count), returnStatus(), done('procedure', 0)]
    return [...changes, ...triggered, ...rows, done('batch', doneStatus.count, count)]

    function failed({ error, rollsBack = false }: { readonly error: TdsError; readonly rollsBack?: boolean }): readonly Buffer[] {
      entry.error = error.number
      const ended = rollsBack && transaction !== 0n ? [transactionChange(10, transaction)] : []
      if (rollsBack) transaction = 0n
      return [errorToken(error), ...ended, done(ending, doneStatus.error)]
    }
  }

  function transact(kind: TdsKind): readonly Buffer[] {
    if (kind === 'begin') {
      lastTransaction += 1n
      transaction = lastTransaction
      return [transactionChange(8, transaction)]
    }
    if (kind !== 'commit' && kind !== 'rollback') return []
    const ended = transaction
    transaction = 0n
    return [transactionChange(kind === 'commit' ? 9 : 10, ended)]
  }
}

async function whole(message: TdsMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function pause(ms: number, closed: Promise<void>, cancelled?: AbortSignal): Promise<void> {
  let end: () => void = () => {}
  const cancelling = new Promise<void>(resolve => {
    end = resolve
  })
  cancelled?.addEventListener('abort', end, { once: true })
  const timer = setTimeout(end, ms)
  await Promise.race([cancelling, closed])
  clearTimeout(timer)
}
