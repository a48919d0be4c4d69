import { type Json, toJson } from '@millrace/etl-core'
import { type Column, type ColumnType, decimalOf, timestampOf, type Value } from '@millrace/schema/columns'
import type { FileMetaData, SchemaElement, SchemaTree } from 'hyparquet'

/** A column as a file states it. */
export interface FileColumn extends Column {
  /** What hyparquet gives as a value in flight; `undefined` for one that cannot travel (NaN, a year 10000). */
  readonly load: (raw: unknown) => Value | undefined
}

/** A column that is not read here, and why. */
export interface ForeignColumn {
  readonly name: string
  readonly unknown: string
}

const whole = (raw: unknown) => Number(raw)
const big = (raw: unknown) => BigInt(raw as number | bigint)
const finite = (raw: unknown) => (Number.isFinite(raw) ? (raw as number) : undefined)
// A copy: the bytes lie in the row group's buffer, and who keeps one value would keep the group.
const copied = (raw: unknown) => new Uint8Array(raw as Uint8Array)
const asIs = (raw: unknown) => raw as Value | undefined

/** The columns of a file, in its order. */
export function fileColumns(tree: SchemaTree): readonly (FileColumn | ForeignColumn)[] {
  return tree.children.map(child => {
    const found = child.children.length > 0 || child.element.repetition_type === 'REPEATED' ? nested(child) : flat(child.element)
    const { name } = child.element
    if (typeof found === 'string') return { name, unknown: found }
    return { name, type: found[0], nullable: child.element.repetition_type !== 'REQUIRED', load: found[1] }
  })
}

type Found = readonly [ColumnType, FileColumn['load']] | string

function flat(element: SchemaElement): Found {
  const { type, converted_type: converted, logical_type: logical } = element
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') return decimal(element)
  if (converted === 'DATE' || logical?.type === 'DATE') return [{ kind: 'date' }, asIs]
  if (isTimestamp(element)) return [{ kind: 'timestamp', precision: timestampPrecision(element) }, asIs]
  if (converted === 'JSON' || logical?.type === 'JSON') return [{ kind: 'json' }, raw => toJson(raw)]
  if (isText(element)) return [{ kind: 'string' }, asIs]
  if (converted?.startsWith('TIME_') || logical?.type === 'TIME') return [{ kind: 'string' }, timeOfDay(element)]
  if (converted === 'INTERVAL' || converted === 'BSON' || logical?.type.startsWith('GEO'))
    return `${logical?.type ?? converted} is not read here`
  return plain(type, bitsOf(element))
}

function plain(type: SchemaElement['type'], unsignedBits: number): Found {
  switch (type) {
    case 'BOOLEAN':
      return [{ kind: 'bool' }, asIs]
    case 'INT32':
      return unsignedBits === 32 ? [{ kind: 'int64' }, big] : [{ kind: 'int32' }, whole]
    case 'INT64':
      return unsignedBits === 64 ? [{ kind: 'decimal', precision: 20, scale: 0 }, raw => String(raw)] : [{ kind: 'int64' }, big]
    case 'FLOAT':
    case 'DOUBLE':
      return [{ kind: 'float64' }, finite]
    case 'BYTE_ARRAY':
      return [{ kind: 'bytes' }, copied]
    // hyparquet makes a number of a FLOAT16, and leaves other fixed bytes alone.
    case 'FIXED_LEN_BYTE_ARRAY':
      return unsignedBits === 16 ? [{ kind: 'float64' }, finite] : [{ kind: 'bytes' }, copied]
    default:
      return `the type ${type} is not read here`
  }
}

/** Bits of an unsigned whole number that need the next larger kind; 16 for a half float; else 0. */
function bitsOf({ converted_type: converted, logical_type: logical }: SchemaElement): number {
  if (logical?.type === 'FLOAT16') return 16
  if (converted === 'UINT_32' || (logical?.type === 'INTEGER' && !logical.isSigned && logical.bitWidth === 32)) return 32
  return converted === 'UINT_64' || (logical?.type === 'INTEGER' && !logical.isSigned && logical.bitWidth === 64) ? 64 : 0
}

function isText({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === 'UTF8' || converted === 'ENUM' || ['STRING', 'ENUM', 'UUID'].includes(logical?.type ?? '')
}

function isTimestamp({ type, converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return type === 'INT96' || logical?.type === 'TIMESTAMP' || converted === 'TIMESTAMP_MILLIS' || converted === 'TIMESTAMP_MICROS'
}

function timestampPrecision({ type, converted_type: converted, logical_type: logical }: SchemaElement): 3 | 6 | 7 {
  const unit = logical?.type === 'TIMESTAMP' ? logical.unit : undefined
  if (type === 'INT96' || unit === 'NANOS') return 7
  return unit === 'MILLIS' || converted === 'TIMESTAMP_MILLIS' ? 3 : 6
}

function decimal({ precision = 0, scale = 0, logical_type: logical }: SchemaElement): Found {
  const type = logical?.type === 'DECIMAL' ? { precision: logical.precision, scale: logical.scale } : { precision, scale }
  if (type.precision < 1 || type.precision > 38 || type.scale < 0 || type.scale > type.precision) {
    return `DECIMAL(${type.precision},${type.scale}) is not read here`
  }
  return [{ kind: 'decimal', ...type }, raw => decimalOf(raw instanceof Uint8Array ? signed(raw) : big(raw), type.scale)]
}

/** Two's complement, highest byte first. */
function signed(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`))
}

function timeOfDay({ converted_type: converted, logical_type: logical }: SchemaElement): FileColumn['load'] {
  const unit = logical?.type === 'TIME' ? logical.unit : converted === 'TIME_MILLIS' ? 'MILLIS' : 'MICROS'
  const digits = unit === 'MILLIS' ? 3 : unit === 'MICROS' ? 6 : 9
  return raw => timestampOf(big(raw), digits)?.slice(11, -1)
}

// hyparquet gives decimals inside lists and structs as float64; up to 15 digits that is the same number.
function nested(tree: SchemaTree): Found {
  const digits = (node: SchemaTree): number => {
    const own = node.element.converted_type === 'DECIMAL' ? (node.element.precision ?? 38) : 0
    return Math.max(own, ...node.children.map(digits))
  }
  if (digits(tree) > 15) return 'a decimal of more than 15 digits inside a list or struct is not read here'
  return [{ kind: 'json' }, raw => toJson(raw) as Json]
}

/**
 * The metadata to read by: decimals of flat columns without their meaning, so that hyparquet gives the stored digits and not a float64.
 * Annotations it knows in the old spelling only are added.
 */
export function rawMetadata(metadata: FileMetaData, tree: SchemaTree): FileMetaData {
  const flatElements = new Set(tree.children.filter(child => child.children.length === 0).map(child => child.element))
  return { ...metadata, schema: metadata.schema.map(element => (flatElements.has(element) ? rawElement(element) : element)) }
}

function rawElement(element: SchemaElement): SchemaElement {
  const { converted_type: _, logical_type: logical, ...bare } = element
  if (element.converted_type === 'DECIMAL' || logical?.type === 'DECIMAL') return bare
  if (logical?.type === 'DATE') return { ...element, converted_type: 'DATE' }
  if (logical?.type === 'JSON') return { ...element, converted_type: 'JSON' }
  return logical?.type === 'ENUM' || element.converted_type === 'ENUM' ? { ...element, converted_type: 'UTF8' } : element
}
