import { ConfigError, type Format, type LateColumns, type UnitEncoder } from '@millrace/etl-core'
import { deflater, member, unzipped } from './gzip-members.js'
import { checkOptions, isWholeNumber } from './options.js'

/** How bytes are compressed. Unknown options are refused. */
export interface GzipOptions {
  /**
   * 1 (fast) to 9 (small). Default 1: level 6 costs two and a half times its CPU and more than a whole pipeline does, for files a fifth
   * smaller. Take 6 or 9 for what is written once and fetched often.
   */
  readonly level?: number
  /** A member ends at the first batch border after so many records. Default 50,000: a stop gives up the open member. */
  readonly unitRecords?: number
}

/**
 * A text format, compressed with gzip. Each unit is a gzip member of its own, and so is what goes around them: members may stand one
 * behind the other, and every gunzip reads them as one file.
 *
 * The same records with the same batch borders give the same bytes under the same Node version: members hold neither a time nor a system.
 *
 * Reading: any gzip file, of one member or many. Cursors are positions in the unpacked text, so going on from one unpacks the file from
 * its start and passes over what was read: cheap in memory, not in time.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for unknown options and for formats that compress or count records by themselves (Parquet,
 * gzip). While reading: SourceError `ETL_SOURCE_MALFORMED` for a truncated or damaged file.
 * @example
 * gzip(ndjson(), { level: 6 })   // extension `ndjson.gz`
 */
export function gzip<T>(format: Format<T>, options: GzipOptions = {}): Format<T> {
  checkOptions('gzip', options, { level: isWholeNumber(1, 9), unitRecords: isWholeNumber(1) })
  if (format.unitRecords !== undefined) {
    throw new ConfigError(
      'ETL_CONFIG_INVALID',
      `gzip() wraps text formats, and "${format.name}" already forms units of its own. Use it as it is.`,
    )
  }
  const { level = 1, unitRecords = 50_000 } = options
  const { prepare } = format
  return Object.freeze<Format<T>>({
    name: `${format.name}+gzip`,
    extension: `${format.extension}.gz`,
    contentType: 'application/gzip',
    layout: { format: 'gzip', level, unitRecords, of: format.layout },
    unitRecords,
    ...(prepare ? { prepare: facts => gzip(prepare.call(format, facts), options) } : {}),
    encoder: before => gzipEncoder(format.encoder(before), level),
    assemble(units) {
      const { head, between, tail } = format.assemble(units)
      return { head: member(head, level), between: member(between, level), tail: member(tail, level) }
    },
    decode: (input, from, limits) => format.decode(unzipped(input), from, limits),
  })
}

function gzipEncoder<T>(inner: UnitEncoder<T>, level: number): UnitEncoder<T> {
  let open: ReturnType<typeof deflater> | undefined
  const { writeLate } = inner
  return {
    ...(writeLate && {
      async writeLate(late: LateColumns) {
        const parts = await writeLate(late)
        if (parts === undefined || parts.length === 0) return parts
        open ??= deflater(level)
        return await open.write(parts)
      },
    }),
    async write(records) {
      // First the part that may refuse a record: after an error nothing is half written.
      const parts = await inner.write(records)
      if (parts.length === 0) return []
      open ??= deflater(level)
      return await open.write(parts)
    },
    async end() {
      const { bytes, meta } = await inner.end()
      const unit = open ?? deflater(level)
      open = undefined
      const rest = [...(await unit.write(bytes)), ...(await unit.end())]
      return { bytes: rest, ...(meta === undefined ? {} : { meta }) }
    },
  }
}
