import { createRequire } from 'node:module'
import type { Duplex, Transform } from 'node:stream'

/** What tedious frames messages with, as far as a server needs it. It has no public entry for that, so its files are loaded by name. */
export interface Framing {
  readonly IncomingMessageStream: new (debug: unknown) => Transform & AsyncIterable<TdsMessage>
  readonly OutgoingMessageStream: new (debug: unknown, options: { packetSize: number }) => Duplex & { packetSize: number }
  readonly Message: new (options: { type: number }) => NodeJS.WritableStream
  /** From a message's bytes, or from options for one. */
  readonly PreloginPayload: new (
    from: object,
  ) => { readonly data: Buffer; readonly encryptionString?: string }
  readonly parseTokens: (
    message: AsyncIterable<Buffer>,
    debug: unknown,
    options: object,
    columns?: unknown[],
  ) => AsyncIterable<TdsToken | undefined>
  readonly newParser: (buffer: Buffer) => TokenParser
  readonly readMetadata: (buffer: Buffer, offset: number, options: object) => { value: TypeInfo; offset: number }
  readonly readValue: (buffer: Buffer, offset: number, type: TypeInfo, options: object) => { value: unknown; offset: number }
  readonly isLongValue: (type: TypeInfo) => boolean
  readonly readLongValue: (parser: TokenParser) => Promise<Buffer[] | null>
  readonly packetTypes: Readonly<Record<string, number>>
  /** For what asks for one and needs none. */
  readonly noDebug: unknown
}

/** One message of a client. */
export interface TdsMessage extends AsyncIterable<Buffer> {
  readonly type: number
}

/** A token of a message, as tedious reads it. */
export interface TdsToken {
  readonly name: string
  readonly columns?: readonly { readonly colName?: string; readonly type?: TypeInfo['type']; readonly value?: unknown }[]
}

/** A type as it is written before a value. */
export interface TypeInfo {
  readonly type: { readonly name: string }
  readonly dataLength?: number
  readonly precision?: number
  readonly scale?: number
}

/** A reader of values that come in chunks. */
export interface TokenParser {
  buffer: Buffer
  position: number
  waitForChunk(): Promise<void>
}

/** How values are read. */
export const parserOptions = { tdsVersion: '7_4', useUTC: true, lowerCaseGuids: false, useColumnNames: false } as const

let loaded: Framing | undefined

/**
 * Loads tedious's framing.
 *
 * @throws Error where tedious is not installed: it is an optional peer of this package.
 */
export function framing(): Framing {
  loaded ??= load()
  return loaded
}

function load(): Framing {
  const require = createRequire(import.meta.url)
  const file = (name: string) => require(`tedious/lib/${name}.js`)
  const main = (name: string) => file(name).default ?? file(name)
  const Debug = main('debug')
  const Parser = main('token/stream-parser')
  const noDebug = new Debug()
  const values = file('value-parser')
  return {
    IncomingMessageStream: main('incoming-message-stream'),
    OutgoingMessageStream: main('outgoing-message-stream'),
    Message: main('message'),
    PreloginPayload: main('prelogin-payload'),
    parseTokens: Parser.parseTokens,
    newParser: buffer => new Parser([buffer], noDebug, parserOptions),
    readMetadata: file('metadata-parser').readMetadata,
    readValue: values.readValue,
    isLongValue: values.isPLPStream,
    readLongValue: values.readPLPStream,
    packetTypes: require('tedious/lib/packet.js').TYPE,
    noDebug,
  }
}
