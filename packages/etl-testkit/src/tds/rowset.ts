import { shortText, u16, u32 } from './tokens.js'

/** Types a column of an answer may have. */
export type TdsColumnType = 'int' | 'bigint' | 'float' | 'bit' | 'nvarchar' | 'varbinary'

/** The rows of an answer. */
export interface TdsRowset {
  /** Name and type. A name alone is `nvarchar`. */
  readonly columns: readonly (string | readonly [name: string, type: TdsColumnType])[]
  readonly rows: readonly (readonly unknown[])[]
}

/** Written before the values of a column. */
const typeInfo: Readonly<Record<TdsColumnType, readonly number[]>> = {
  int: [0x26, 4],
  bigint: [0x26, 8],
  float: [0x6d, 8],
  bit: [0x68, 1],
  // Of any length; the collation is Latin1_General_CI_AS.
  nvarchar: [0xe7, 0xff, 0xff, 0x09, 0x04, 0xd0, 0x00, 0x34],
  varbinary: [0xa5, 0xff, 0xff],
}

const fixed = (bytes: number, write: (buffer: Buffer) => unknown): Buffer => {
  const buffer = Buffer.alloc(bytes + 1)
  buffer[0] = bytes
  write(buffer)
  return buffer
}

function long(bytes: Buffer): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(bytes.length))
  return Buffer.concat([length, ...(bytes.length === 0 ? [] : [u32(bytes.length), bytes]), u32(0)])
}

const encode: Readonly<Record<TdsColumnType, (value: unknown) => Buffer>> = {
  int: value => fixed(4, buffer => buffer.writeInt32LE(Number(value), 1)),
  bigint: value => fixed(8, buffer => buffer.writeBigInt64LE(BigInt(value as bigint), 1)),
  float: value => fixed(8, buffer => buffer.writeDoubleLE(Number(value), 1)),
  bit: value => fixed(1, buffer => buffer.writeUInt8(value ? 1 : 0, 1)),
  nvarchar: value => long(Buffer.from(String(value), 'utf16le')),
  varbinary: value => long(Buffer.from(value as Uint8Array)),
}

const nothing = (type: TdsColumnType): Buffer =>
  type === 'nvarchar' || type === 'varbinary' ? Buffer.alloc(8, 0xff) : Buffer.from([0])

const typed = (column: TdsRowset['columns'][number]): readonly [string, TdsColumnType] =>
  typeof column === 'string' ? [column, 'nvarchar'] : column

/** The token that says which columns follow. */
export function columnsToken(rowset: TdsRowset): Buffer {
  const columns = rowset.columns.map(typed)
  return Buffer.concat([
    Buffer.from([0x81]),
    u16(columns.length),
    ...columns.flatMap(([name, type]) => [u32(0), u16(1), Buffer.from(typeInfo[type]), shortText(name)]),
  ])
}

/** The token of one row. */
export function rowToken(rowset: TdsRowset, row: readonly unknown[]): Buffer {
  const values = rowset.columns.map((column, index) => {
    const [, type] = typed(column)
    const value = row[index]
    return value === null || value === undefined ? nothing(type) : encode[type](value)
  })
  return Buffer.concat([Buffer.from([0xd1]), ...values])
}
