import { S3Failure } from '../errors.js'

/** Bytes from `start` up to, not including, `end`. */
export interface Range {
  readonly start: number
  readonly end: number
}

/**
 * What a Range header asks for. S3 answers a header that is not understood, or asks for several ranges, with the whole object.
 *
 * @throws S3Failure InvalidRange if nothing of it lies in the object; every range of an empty object.
 */
export function rangeAsked(header: string | undefined, size: number): Range | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const suffix = match[1] === ''
  const start = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const end = suffix || match[2] === '' ? size : Math.min(size, Number(match[2]) + 1)
  if (!suffix && match[2] !== '' && Number(match[2]) < start) return undefined
  if (start < end) return { start, end }
  throw new S3Failure('InvalidRange', undefined, { details: { RangeRequested: header ?? '', ActualObjectSize: size } })
}
