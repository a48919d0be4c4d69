import type { ColumnType } from './types.js'

/**
 * The T-SQL type of a column: `NVARCHAR(40)`, `DATETIME2(3)`. Text longer than 4,000 units and text without a limit is `NVARCHAR(MAX)`,
 * which SQL Server does not index.
 */
export function sqlServerType(type: ColumnType): string {
  switch (type.kind) {
    case 'int32':
      return 'INT'
    case 'int64':
      return 'BIGINT'
    case 'float64':
      return 'FLOAT'
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'date':
      return 'DATE'
    case 'timestamp':
      return `DATETIME2(${type.precision})`
    case 'bool':
      return 'BIT'
    case 'string':
      return type.length !== undefined && type.length <= 4000 ? `NVARCHAR(${type.length})` : 'NVARCHAR(MAX)'
    case 'bytes':
      return 'VARBINARY(MAX)'
    case 'json':
      return 'NVARCHAR(MAX)'
  }
}

/**
 * The type of a column in an Athena table, as `CREATE EXTERNAL TABLE` and the Glue catalog spell it. Text is `string` and bytes are
 * `binary` there; queries see them as `varchar` and `varbinary`. Queries see three digits of a timestamp.
 */
export function athenaType(type: ColumnType): string {
  switch (type.kind) {
    case 'int32':
      return 'int'
    case 'int64':
      return 'bigint'
    case 'float64':
      return 'double'
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'bool':
      return 'boolean'
    case 'bytes':
      return 'binary'
    case 'string':
    case 'json':
      return 'string'
    default:
      return type.kind
  }
}

/** The DuckDB type of a column. A timestamp above six digits is `TIMESTAMP_NS`: `TIMESTAMP` holds microseconds. */
export function duckdbType(type: ColumnType): string {
  switch (type.kind) {
    case 'int32':
      return 'INTEGER'
    case 'int64':
      return 'BIGINT'
    case 'float64':
      return 'DOUBLE'
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'date':
      return 'DATE'
    case 'timestamp':
      return type.precision > 6 ? 'TIMESTAMP_NS' : 'TIMESTAMP'
    case 'bool':
      return 'BOOLEAN'
    case 'bytes':
      return 'BLOB'
    case 'string':
    case 'json':
      return 'VARCHAR'
  }
}

/**
 * The Parquet type of a column in words, physical type first: `INT64 DECIMAL(18,4)`. A decimal takes 4 bytes up to 9 digits, 8 up to 18,
 * else 16; a timestamp is micros since 1970, nanos above six digits (years 1677 to 2262 only).
 */
export function parquetType(type: ColumnType): string {
  switch (type.kind) {
    case 'int32':
      return 'INT32'
    case 'int64':
      return 'INT64'
    case 'float64':
      return 'DOUBLE'
    case 'decimal': {
      const physical = type.precision <= 9 ? 'INT32' : type.precision <= 18 ? 'INT64' : 'FIXED_LEN_BYTE_ARRAY(16)'
      return `${physical} DECIMAL(${type.precision},${type.scale})`
    }
    case 'date':
      return 'INT32 DATE'
    case 'timestamp':
      return type.precision > 6 ? 'INT64 TIMESTAMP_NANOS' : 'INT64 TIMESTAMP_MICROS'
    case 'bool':
      return 'BOOLEAN'
    case 'string':
      return 'BYTE_ARRAY UTF8'
    case 'json':
      return 'BYTE_ARRAY JSON'
    case 'bytes':
      return 'BYTE_ARRAY'
  }
}
