import { ConfigError, type Format, type Json } from '@millrace/etl-core'
import { type Column, columnsOf, typeText } from '@millrace/schema/columns'
import { type Codec, codecs } from './codec.js'
import { decodeParquet } from './decode.js'
import { parquetEncoder } from './encoder.js'
import { assembleParquet } from './footer.js'
import { physicalOf } from './physical.js'

/** How Parquet files are written and read. */
export interface ParquetOptions {
  /**
   * The columns by hand. Writing: instead of those of the record schema. Reading: which columns to read and as what; default is all,
   * with the types the file states.
   */
  readonly columns?: readonly Column[]
  /**
   * Records in a row group; it ends at the first batch border after so many. Default 20,000: one is held in memory while writing, and larger
   * groups took twice the memory for files 2 % smaller. A number takes 4 to 16 bytes there, a text 4 where it repeats, else all of its bytes:
   * for records of many kilobytes state fewer.
   */
  readonly rowGroupRecords?: number
  /** Default `snappy`, which every engine reads. `gzip` is smaller and slower. */
  readonly codec?: 'snappy' | 'gzip' | 'uncompressed'
}

/**
 * Parquet files, one row group per unit: what a stop keeps are whole row groups, and the file is the groups and one footer.
 *
 * Columns come from the flow's record schema (`.validate(schema)`) or the option; a sink without either fails before anything is read.
 * Types: INT32, INT64, DOUBLE, BOOLEAN, DECIMAL (exact; INT32 up to 9 digits, INT64 up to 18, else 16 bytes), DATE, TIMESTAMP in UTC (micros,
 * nanos above six digits), UTF8, JSON and plain bytes. A null in a column that takes none, digits that do not fit, a time outside the years
 * of nanoseconds (1677 to 2262): RecordError `ETL_RECORD_INVALID` naming column and value; none of that call's records is taken then.
 * DuckDB reads nanos as micros when they are in UTC, as here: its seventh digit is lost there, not in the file.
 * Fields of a record that have no column are left out. No records give a readable file with its columns and no rows.
 * The same records with the same group borders give the same bytes.
 *
 * Read back, records have the forms values travel in: bigint for INT64, text with all digits for decimals and times, `null` for what is
 * missing. Lists and structs become json. Times without a zone count as UTC. Codecs: snappy, gzip, brotli, none, and zstd where Node has it.
 * A row with a value that cannot travel (NaN, a null where none is declared) is unreadable, and the rest is read. One row group is held in
 * memory at a time, as large as its writer made it. The cursor is `{ rowGroup, row }` of the next record.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for options that cannot be; `ETL_COLUMNS_UNKNOWN` when columns are needed and not known.
 * While reading: SourceError `ETL_SOURCE_MALFORMED` naming place, row group and column of what is damaged, truncated, not as declared, or of
 * a kind not read here (encryption, LZO, INTERVAL).
 * @example
 * from(source).validate(order).into(connect.objects('s3://bucket/orders', { path: '{group}.parquet', format: parquet() }))
 */
export function parquet<T extends object>(options: ParquetOptions = {}): Format<T> {
  const rowGroupRecords = options.rowGroupRecords ?? 20_000
  const codec = options.codec ?? 'snappy'
  const problems = [
    ...Object.keys(options)
      .filter(key => !['columns', 'rowGroupRecords', 'codec'].includes(key))
      .map(key => `unknown option "${key}"`),
    ...(Number.isInteger(rowGroupRecords) && rowGroupRecords > 0 ? [] : ['rowGroupRecords is not a whole number above 0']),
    ...(codec in codecs ? [] : [`codec "${codec}" is none of ${Object.keys(codecs).join(', ')}`]),
  ]
  if (problems.length > 0) throw new ConfigError('ETL_CONFIG_INVALID', `parquet: ${problems.join('; ')}.`)
  return format({ rowGroupRecords, codec, declared: options.columns && columnsOf(undefined, options.columns) })
}

interface Settings {
  readonly rowGroupRecords: number
  readonly codec: Codec
  /** The option; what reading goes by. */
  readonly declared: readonly Column[] | undefined
  /** What writing goes by, once prepared. */
  readonly columns?: readonly Column[]
}

function format<T extends object>(settings: Settings): Format<T> {
  const { rowGroupRecords, codec, declared } = settings
  const columns = settings.columns ?? declared
  // Without columns `columnsOf` says what is missing.
  const known = () => columns ?? columnsOf(undefined)
  return {
    name: 'parquet',
    extension: 'parquet',
    contentType: 'application/vnd.apache.parquet',
    layout: { format: 'parquet', rowGroupRecords, codec, columns: columns ? columns.map(layoutOf) : null },
    unitRecords: rowGroupRecords,
    // As typed columns, and once more as pages.
    bufferBytes: columns ? 2 * rowGroupRecords * columns.reduce((sum, column) => sum + usualBytes(column), 0) : 0,
    prepare: ({ schema }) => format({ ...settings, columns: columnsOf(schema, declared) }),
    encoder: () => parquetEncoder<T>(known(), codec),
    assemble: units => assembleParquet(known(), codec, units),
    decode: (input, from, options) => decodeParquet<T>(input, from, declared, options),
  }
}

/** What a value takes in an open row group: a text has no bound, and is taken for a short one. */
function usualBytes(column: Column): number {
  const { type, length } = physicalOf(column)
  return type === 'BYTE_ARRAY' ? 32 : type === 'INT32' || type === 'BOOLEAN' ? 4 : (length ?? 8)
}

const layoutOf = ({ name, type, nullable }: Column): Json => [name, typeText(type), nullable]
