import { framing, parserOptions, type TypeInfo } from './framing.js'

/** Who logs in. */
export interface Login {
  readonly user: string
  readonly password: string
  readonly database: string
}

const textAt = (data: Buffer, at: number): string => {
  const [offset, chars] = [data.readUInt16LE(at), data.readUInt16LE(at + 2)]
  return data.toString('utf16le', offset, offset + chars * 2)
}

/** A log-in message, taken apart. */
export function loginOf(data: Buffer): Login {
  const [offset, chars] = [data.readUInt16LE(44), data.readUInt16LE(46)]
  const hidden = data.subarray(offset, offset + chars * 2)
  const password = Buffer.from(hidden.map(byte => (((byte ^ 0xa5) & 0x0f) << 4) | ((byte ^ 0xa5) >> 4)))
  return { user: textAt(data, 40), password: password.toString('utf16le'), database: textAt(data, 68) }
}

/** The text of a batch. */
export const batchOf = (data: Buffer): string => data.toString('utf16le', data.readUInt32LE(0))

/** A call of a procedure: `sp_executesql` comes as its statement with parameters. */
export interface RpcCall {
  readonly procedure: string
  readonly sql: string
  readonly params: Readonly<Record<string, unknown>>
}

const numbered: Readonly<Record<number, string>> = { 10: 'sp_executesql', 11: 'sp_prepare', 12: 'sp_execute', 15: 'sp_unprepare' }

/** A call, its parameters decoded: big integers as text, instants as `Date`, bytes as Buffer. */
export async function rpcOf(data: Buffer): Promise<RpcCall> {
  let at = data.readUInt32LE(0)
  const chars = data.readUInt16LE(at)
  at += 2
  const procedure = chars === 0xffff ? (numbered[data.readUInt16LE(at)] ?? '?') : data.toString('utf16le', at, at + chars * 2)
  // Behind the name come two bytes of flags.
  at += (chars === 0xffff ? 2 : chars * 2) + 2
  const values: [name: string, value: unknown][] = []
  while (at < data.length) {
    const nameChars = data.readUInt8(at)
    const name = data.toString('utf16le', at + 1, at + 1 + nameChars * 2)
    const { value, offset } = await valueAt(data, at + 1 + nameChars * 2 + 1)
    values.push([name.replace(/^@/, ''), value])
    at = offset
  }
  if (procedure !== 'sp_executesql') return { procedure, sql: procedure, params: Object.fromEntries(values) }
  // The statement, the declaration of its parameters, the parameters.
  return { procedure, sql: String(values[0]?.[1] ?? ''), params: Object.fromEntries(values.slice(2)) }
}

async function valueAt(data: Buffer, at: number): Promise<{ readonly value: unknown; readonly offset: number }> {
  const { readMetadata, readValue, isLongValue, readLongValue, newParser } = framing()
  // A parameter's type is written as a column's is, without the user type and flags in front.
  const typed = Buffer.concat([Buffer.alloc(6), data.subarray(at)])
  const { value: type, offset } = readMetadata(typed, 0, parserOptions)
  if (!isLongValue(type)) {
    const read = readValue(typed, offset, type, parserOptions)
    return { value: read.value, offset: at + read.offset - 6 }
  }
  const parser = newParser(typed)
  await parser.waitForChunk()
  parser.position = offset
  const chunks = await readLongValue(parser)
  return { value: chunks && longValue(type, Buffer.concat(chunks)), offset: at + parser.position - 6 }
}

const longValue = ({ type }: TypeInfo, bytes: Buffer): unknown => (type.name === 'VarBinary' ? bytes : bytes.toString('utf16le'))

/** What the transaction manager is asked for. */
export function transactionOf(data: Buffer): 'begin' | 'commit' | 'rollback' | 'save' | undefined {
  const request = data.readUInt16LE(data.readUInt32LE(0))
  return ({ 5: 'begin', 7: 'commit', 8: 'rollback', 9: 'save' } as const)[request as 5 | 7 | 8 | 9]
}
