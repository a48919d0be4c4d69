import { type Json, StateError } from '@millrace/etl-core'

/** What the footer says of one column of a row group. Offsets count from the unit's start. */
export interface ChunkMeta {
  /** Codes of the encodings: of the dictionary, if there is one, and of the data. */
  readonly encodings: readonly number[]
  readonly dataPages: number
  readonly uncompressedBytes: number
  readonly compressedBytes: number
  readonly dataOffset: number
  readonly dictionaryOffset?: number
  readonly nulls?: number
  readonly min?: Bound
  readonly max?: Bound
}

/** A smallest or largest value as the file stores values; text is cut, and then `exact` is false. */
export interface Bound {
  readonly bytes: Uint8Array
  readonly exact: boolean
}

/** What the footer says of one row group. */
export interface GroupMeta {
  readonly rows: number
  readonly uncompressedBytes: number
  readonly chunks: readonly ChunkMeta[]
}

/** The metadata of a row group as the JSON a receipt keeps: lists without names, since state holds one for every group and column. */
export const groupJson = ({ rows, uncompressedBytes, chunks }: GroupMeta): Json => [
  rows,
  uncompressedBytes,
  chunks.map(chunkJson),
]

const chunkJson = (chunk: ChunkMeta): Json => [
  [...chunk.encodings],
  chunk.dataPages,
  chunk.uncompressedBytes,
  chunk.compressedBytes,
  chunk.dataOffset,
  chunk.dictionaryOffset ?? null,
  chunk.nulls ?? null,
  boundJson(chunk.min),
  boundJson(chunk.max),
]

const boundJson = (bound: Bound | undefined): Json =>
  bound === undefined ? null : [Buffer.from(bound.bytes).toString('base64'), bound.exact ? 1 : 0]

type BoundJson = readonly [string, 0 | 1] | null
type ChunkJson = readonly [number[], number, number, number, number, number | null, number | null, BoundJson, BoundJson]

/** The reverse of {@link groupJson}. */
export function groupMetaOf(meta: Json | undefined, columns: number): GroupMeta {
  const [rows, uncompressedBytes, chunks] = (Array.isArray(meta) ? meta : []) as [number?, number?, ChunkJson[]?]
  if (rows === undefined || uncompressedBytes === undefined || chunks?.length !== columns) {
    throw new StateError(
      'ETL_STATE_INVALID',
      `A finished part holds no Parquet row group of ${columns} columns: its receipt says ${JSON.stringify(meta)?.slice(0, 200)}.`,
    )
  }
  return { rows, uncompressedBytes, chunks: chunks.map(chunkOf) }
}

function chunkOf([
  encodings,
  dataPages,
  uncompressedBytes,
  compressedBytes,
  dataOffset,
  dictionary,
  nulls,
  min,
  max,
]: ChunkJson): ChunkMeta {
  return {
    ...{ encodings, dataPages, uncompressedBytes, compressedBytes, dataOffset },
    ...(dictionary === null ? {} : { dictionaryOffset: dictionary }),
    ...(nulls === null ? {} : { nulls }),
    ...(min === null ? {} : { min: boundOf(min) }),
    ...(max === null ? {} : { max: boundOf(max) }),
  }
}

const boundOf = ([bytes, exact]: readonly [string, 0 | 1]): Bound => ({ bytes: Buffer.from(bytes, 'base64'), exact: exact === 1 })
