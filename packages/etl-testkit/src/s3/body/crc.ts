import { crc32 as zlibCrc32 } from 'node:zlib'

/** CRC-32 (IEEE), 4 bytes, big-endian. */
export function crc32(data: Buffer): Buffer {
  return wordBytes(zlibCrc32(data))
}

// Tables are made when first used.
let castagnoli: Uint32Array | undefined
let nvme: { readonly low: Uint32Array; readonly high: Uint32Array } | undefined

/** CRC-32C (Castagnoli), 4 bytes, big-endian. */
export function crc32c(data: Buffer): Buffer {
  castagnoli ??= castagnoliTable()
  let crc = 0xffffffff
  for (let at = 0; at < data.length; at++) crc = castagnoli[(crc ^ data[at]!) & 0xff]! ^ (crc >>> 8)
  return wordBytes(~crc)
}

/** CRC-64/NVME, 8 bytes, big-endian. Two words of 32 bits: a bigint for every byte would take seconds for a part. */
export function crc64nvme(data: Buffer): Buffer {
  nvme ??= nvmeTables()
  const { low: lows, high: highs } = nvme
  let low = 0xffffffff
  let high = 0xffffffff
  for (let at = 0; at < data.length; at++) {
    const index = (low ^ data[at]!) & 0xff
    low = ((low >>> 8) | (high << 24)) ^ lows[index]!
    high = (high >>> 8) ^ highs[index]!
  }
  return Buffer.concat([wordBytes(~high), wordBytes(~low)])
}

function wordBytes(word: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(word >>> 0)
  return bytes
}

function castagnoliTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let word = byte
    for (let bit = 0; bit < 8; bit++) word = word & 1 ? (word >>> 1) ^ 0x82f63b78 : word >>> 1
    return word >>> 0
  })
}

function nvmeTables() {
  const polynomial = 0x9a6c9329ac4bc9b5n
  const words = Array.from({ length: 256 }, (_, byte) => {
    let word = BigInt(byte)
    for (let bit = 0; bit < 8; bit++) word = word & 1n ? (word >> 1n) ^ polynomial : word >> 1n
    return word
  })
  return {
    low: Uint32Array.from(words, word => Number(word & 0xffffffffn)),
    high: Uint32Array.from(words, word => Number(word >> 32n)),
  }
}
