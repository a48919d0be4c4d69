import { createHash } from 'node:crypto'
import { canonicalJson, type Json } from './json.js'

/** Which records, whatever their order: their number, and the sum of their hashes. */
export interface MoveSum {
  readonly records: number
  /** 32 hex digits. */
  readonly sum: string
}

/** The sum of no records. */
export const noRecords: MoveSum = { records: 0, sum: '0'.repeat(32) }

const beyond = 1n << 128n
const sumText = (sum: bigint): string => (sum % beyond).toString(16).padStart(32, '0')

/** Adds up records as they come. */
export interface Summing {
  /** @param form - The record in the form it is read back in. */
  add(form: Json): void
  readonly now: MoveSum
}

/** A sum that goes on from an earlier one. */
export function summing(from: MoveSum = noRecords): Summing {
  let { records } = from
  let sum = BigInt(`0x${from.sum}`)
  return {
    add(form) {
      records++
      sum += BigInt(`0x${createHash('sha256').update(canonicalJson(form)).digest('hex').slice(0, 32)}`)
    },
    get now() {
      return { records, sum: sumText(sum) }
    },
  }
}

/** The sum of several. */
export function sumOf(all: readonly MoveSum[]): MoveSum {
  return {
    records: all.reduce((total, { records }) => total + records, 0),
    sum: sumText(all.reduce((total, { sum }) => total + BigInt(`0x${sum}`), 0n)),
  }
}
