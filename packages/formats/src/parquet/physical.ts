import type { Column } from '@millrace/schema/columns'

/** How one column lies in a file. Codes are those of the Parquet format (parquet.thrift). */
export interface Physical {
  readonly column: Column
  readonly type: 'BOOLEAN' | 'INT32' | 'INT64' | 'DOUBLE' | 'BYTE_ARRAY' | 'FIXED_LEN_BYTE_ARRAY'
  readonly typeCode: number
  /** Bytes of one value, for FIXED_LEN_BYTE_ARRAY. */
  readonly length?: number
  /** Smallest and largest value are kept in the footer, so that engines skip row groups. */
  readonly bounds: boolean
}

const typeCodes = { BOOLEAN: 0, INT32: 1, INT64: 2, DOUBLE: 5, BYTE_ARRAY: 6, FIXED_LEN_BYTE_ARRAY: 7 } as const

/** Lays a column out. */
export function physicalOf(column: Column): Physical {
  const lay = (type: Physical['type'], more: { length?: number; bounds?: boolean } = {}): Physical => ({
    ...{ column, type, typeCode: typeCodes[type], bounds: true },
    ...more,
  })
  const { type } = column
  switch (type.kind) {
    case 'int32':
    case 'date':
      return lay('INT32')
    case 'int64':
    case 'timestamp':
      return lay('INT64')
    case 'float64':
      return lay('DOUBLE')
    case 'bool':
      return lay('BOOLEAN')
    case 'decimal':
      return type.precision > 18 ? lay('FIXED_LEN_BYTE_ARRAY', { length: 16 }) : lay(type.precision > 9 ? 'INT64' : 'INT32')
    case 'string':
      return lay('BYTE_ARRAY')
    // Bounds of documents and of raw bytes help nobody, and are as long as the values.
    case 'json':
    case 'bytes':
      return lay('BYTE_ARRAY', { bounds: false })
  }
}

/** Digits behind the second that the file's unit holds. */
export const unitDigits = (precision: number): 6 | 9 => (precision > 6 ? 9 : 6)
