import * as zlib from 'node:zlib'
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { snappy } from './snappy.js'

/** Codecs that files are written with. */
export type Codec = 'snappy' | 'gzip' | 'uncompressed'

type Bytes = (bytes: Uint8Array) => Uint8Array

/** A codec's number in the format, and what it does. */
export const codecs: Readonly<Record<Codec, { readonly code: number; readonly compress?: Bytes }>> = {
  uncompressed: { code: 0 },
  snappy: { code: 1, compress: snappy },
  gzip: { code: 2, compress: bytes => gzipSync(bytes, { level: 6 }) },
}

// Node 22.15 and later.
const unzstd = (zlib as { zstdDecompressSync?: Bytes }).zstdDecompressSync

/** What files are read with, besides snappy, which hyparquet brings. */
export const decompressors: { readonly GZIP: Bytes; readonly BROTLI: Bytes; readonly ZSTD?: Bytes } = {
  GZIP: bytes => gunzipSync(bytes),
  BROTLI: bytes => brotliDecompressSync(bytes),
  ...(unzstd ? { ZSTD: bytes => unzstd(bytes) } : {}),
}

/** Whether column chunks of this codec can be read here. */
export const readable = (codec: string): boolean => ['UNCOMPRESSED', 'SNAPPY', ...Object.keys(decompressors)].includes(codec)
