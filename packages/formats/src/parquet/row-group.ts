import { type Json, StateError } from '@millrace/etl-core'
import type { RowGroup } from 'hyparquet'
import { boundsOf } from './bounds.js'
import type { Physical } from './physical.js'

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

const encodingCodes: Readonly<Record<string, number>> = {
  ...{
    PLAIN: 0,
    RLE: 3,
    DELTA_BINARY_PACKED: 5,
    DELTA_LENGTH_BYTE_ARRAY: 6,
    DELTA_BYTE_ARRAY: 7,
    RLE_DICTIONARY: 8,
    BYTE_STREAM_SPLIT: 9,
  },
}

/**
 * The metadata of a row group as the JSON a receipt keeps: lists without names, since state holds one for every group and column.
 *
 * @param start - Where the unit begins in the writer's count of bytes.
 */
export function rowGroupMeta(layout: readonly Physical[], group: RowGroup, rows: number, start: number): Json {
  return [rows, Number(group.total_byte_size), layout.map((physical, at) => chunkJson(physical, group, at, start))]
}

function chunkJson(physical: Physical, group: RowGroup, at: number, start: number): Json {
  const meta = group.columns[at]?.meta_data
  if (!meta) throw new Error(`hyparquet-writer gave no metadata for column "${physical.column.name}"`)
  const { min, max } = physical.bounds && meta.statistics ? boundsOf(physical, meta.statistics) : {}
  const pages = meta.encoding_stats?.find(stat => stat.page_type === 'DATA_PAGE_V2')?.count
  return [
    meta.encodings.map(encoding => encodingCodes[encoding] ?? -1),
    pages ?? 0,
    Number(meta.total_uncompressed_size),
    Number(meta.total_compressed_size),
    Number(meta.data_page_offset) - start,
    meta.dictionary_page_offset === undefined ? null : Number(meta.dictionary_page_offset) - start,
    meta.statistics?.null_count === undefined ? null : Number(meta.statistics.null_count),
    boundJson(min),
    boundJson(max),
  ]
}

const boundJson = (bound: Bound | undefined): Json =>
  bound === undefined ? null : [Buffer.from(bound.bytes).toString('base64'), bound.exact ? 1 : 0]

type BoundJson = readonly [string, 0 | 1] | null
type ChunkJson = readonly [number[], number, number, number, number, number | null, number | null, BoundJson, BoundJson]

/** The reverse of {@link rowGroupMeta}. */
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
