import { expect, it } from 'vitest'
import { athenaType, type ColumnType, duckdbType, parquetType, sqlServerType } from '../src/index.js'

it.each<[ColumnType, string, string, string, string]>([
  [{ kind: 'int32' }, 'INT', 'INT32', 'int', 'INTEGER'],
  [{ kind: 'float64' }, 'FLOAT', 'DOUBLE', 'double', 'DOUBLE'],
  [{ kind: 'int64' }, 'BIGINT', 'INT64', 'bigint', 'BIGINT'],
  [{ kind: 'decimal', precision: 9, scale: 2 }, 'DECIMAL(9,2)', 'INT32 DECIMAL(9,2)', 'decimal(9,2)', 'DECIMAL(9,2)'],
  [{ kind: 'decimal', precision: 18, scale: 4 }, 'DECIMAL(18,4)', 'INT64 DECIMAL(18,4)', 'decimal(18,4)', 'DECIMAL(18,4)'],
  [
    { kind: 'decimal', precision: 38, scale: 0 },
    'DECIMAL(38,0)',
    'FIXED_LEN_BYTE_ARRAY(16) DECIMAL(38,0)',
    'decimal(38,0)',
    'DECIMAL(38,0)',
  ],
  [{ kind: 'date' }, 'DATE', 'INT32 DATE', 'date', 'DATE'],
  [{ kind: 'timestamp', precision: 3 }, 'DATETIME2(3)', 'INT64 TIMESTAMP_MICROS', 'timestamp', 'TIMESTAMP'],
  [{ kind: 'timestamp', precision: 7 }, 'DATETIME2(7)', 'INT64 TIMESTAMP_NANOS', 'timestamp', 'TIMESTAMP_NS'],
  [{ kind: 'bool' }, 'BIT', 'BOOLEAN', 'boolean', 'BOOLEAN'],
  [{ kind: 'string', length: 40 }, 'NVARCHAR(40)', 'BYTE_ARRAY UTF8', 'string', 'VARCHAR'],
  [{ kind: 'string', length: 4001 }, 'NVARCHAR(MAX)', 'BYTE_ARRAY UTF8', 'string', 'VARCHAR'],
  [{ kind: 'bytes' }, 'VARBINARY(MAX)', 'BYTE_ARRAY', 'binary', 'BLOB'],
  [{ kind: 'json' }, 'NVARCHAR(MAX)', 'BYTE_ARRAY JSON', 'string', 'VARCHAR'],
])('%j has one name in each system', (type, sqlServer, parquet, athena, duckdb) => {
  expect([sqlServerType(type), parquetType(type), athenaType(type), duckdbType(type)]).toEqual([
    sqlServer,
    parquet,
    athena,
    duckdb,
  ])
})
