/** Thrift's compact protocol, writing only: what the heads of Parquet's pages and the footer are made of. */

/** A value that knows its type and how to append itself. */
export interface Thrift {
  readonly type: number
  append(out: ByteList): void
}

/** Bytes that grow. */
export interface ByteList {
  add(byte: number): void
  addAll(bytes: Uint8Array): void
  bytes(): Uint8Array
}

const types = { true: 1, false: 2, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const

/** A whole number of up to 32 bits. */
export const i32 = (value: number): Thrift => ({ type: types.i32, append: out => varint(out, zigzag(BigInt(value))) })
/** A whole number of up to 64 bits. */
export const i64 = (value: number | bigint): Thrift => ({ type: types.i64, append: out => varint(out, zigzag(BigInt(value))) })
/** True or false, as a field: the type says which. */
export const bool = (value: boolean): Thrift => ({ type: value ? types.true : types.false, append: () => {} })

/** Text as UTF-8, or bytes. */
export function binary(value: string | Uint8Array): Thrift {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return {
    type: types.binary,
    append(out) {
      varint(out, BigInt(bytes.length))
      out.addAll(bytes)
    },
  }
}

/** Values of one type. `of` names it when there are none. */
export function list(of: 'i32' | 'binary' | 'struct', values: readonly Thrift[]): Thrift {
  return {
    type: types.list,
    append(out) {
      if (values.length < 15) out.add((values.length << 4) | types[of])
      else {
        out.add(0xf0 | types[of])
        varint(out, BigInt(values.length))
      }
      for (const value of values) value.append(out)
    },
  }
}

/** Fields by number, ascending. An absent one is left out. */
export function struct(fields: Readonly<Record<number, Thrift | undefined>>): Thrift {
  return {
    type: types.struct,
    append(out) {
      let last = 0
      for (const [key, value] of Object.entries(fields)) {
        if (!value) continue
        const id = Number(key)
        // Field numbers of a footer lie less than 16 apart: number and type fit one byte.
        out.add(((id - last) << 4) | value.type)
        value.append(out)
        last = id
      }
      out.add(0)
    },
  }
}

/** The bytes of a value. */
export function thriftBytes(value: Thrift): Uint8Array {
  const out = byteList()
  value.append(out)
  return out.bytes()
}

const zigzag = (value: bigint) => (value >= 0n ? value * 2n : -value * 2n - 1n)

function varint(out: ByteList, value: bigint): void {
  let rest = value
  while (rest > 0x7fn) {
    out.add(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  out.add(Number(rest))
}

function byteList(): ByteList {
  let buffer = new Uint8Array(4096)
  let length = 0
  const room = (more: number) => {
    if (length + more <= buffer.length) return
    const larger = new Uint8Array(Math.max(buffer.length * 2, length + more))
    larger.set(buffer)
    buffer = larger
  }
  return {
    add(byte) {
      room(1)
      buffer[length++] = byte
    },
    addAll(bytes) {
      room(bytes.length)
      buffer.set(bytes, length)
      length += bytes.length
    },
    bytes: () => buffer.slice(0, length),
  }
}
