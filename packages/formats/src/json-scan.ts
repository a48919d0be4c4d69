import type { SourceError } from '@millrace/etl-core'
import type { RecordScanner } from './blocks.js'
import { malformed } from './errors.js'

/** What the scanner tells of an element. */
export interface ElementNote {
  /** Bytes before the element: white space, the opening bracket. */
  readonly lead: number
  /** Nothing stood there. */
  readonly empty: boolean
  /** The array ended behind it. */
  readonly last: boolean
}

/** Where in the text the scanner is: before `[`, before an element, in one, behind `]`. */
type Where = 'outside' | 'before' | 'element' | 'behind'

const quote = 0x22
const comma = 0x2c
const backslash = 0x5c
const opening = 0x5b
const closing = 0x5d

/** 1 for the bytes that mean something; the loop below runs over all others. */
function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256)
  for (const byte of Buffer.from(characters)) table[byte] = 1
  return table
}

/**
 * Finds the elements of a JSON array: what stands between commas at depth 1. Knows strings and their escapes, so brackets and commas in
 * texts do not count. What an element holds is for `JSON.parse` to judge.
 *
 * @param from - Where an earlier reading ended: behind an element, or behind the array. Absent: at the start of the input.
 */
export function elementScanner(place: string, from?: { readonly closed: boolean }): RecordScanner<ElementNote> {
  let where: Where = from === undefined ? 'outside' : from.closed ? 'behind' : 'before'
  let lead = 0
  let depth = 0
  let inString = false
  let escaped = false
  let lines = 0
  let wrong: SourceError | undefined
  const meaningInText = tableOf('"\\\n')
  const meaningOutside = tableOf('"[]{},\n')
  const found = { terminator: 1, lines: 0, note: { lead: 0, empty: false, last: false } }

  const done = (last: boolean) => {
    found.lines = lines
    found.note = { lead, empty: where !== 'element', last }
    lead = 0
    lines = 0
    where = last ? 'behind' : 'before'
  }
  /** Looks at one byte of an element; true if the element ends before it. */
  const endsAt = (byte: number): boolean => {
    if (inString) {
      if (escaped) escaped = false
      else if (byte === backslash) escaped = true
      else if (byte === quote) inString = false
      return false
    }
    if (byte === quote) inString = true
    else if (byte === opening || byte === 0x7b) depth++
    else if (depth > 0 && (byte === closing || byte === 0x7d)) depth--
    else return depth === 0 && (byte === comma || byte === closing)
    return false
  }
  const step = (byte: number): boolean => {
    if (byte === 10) lines++
    if (where === 'element') return endsAt(byte)
    if (isBlank(byte)) {
      lead++
      return false
    }
    if (where === 'outside') {
      if (byte !== opening) wrong ??= malformed(place, `a JSON array begins with "[", and here stands ${shown(byte)}.`)
      where = 'before'
      lead++
      return false
    }
    if (where === 'behind') {
      wrong ??= malformed(place, `behind the end of the JSON array stands ${shown(byte)}.`)
      return false
    }
    if (byte === comma || byte === closing) return true
    where = 'element'
    return endsAt(byte)
  }

  return {
    get terminator() {
      return found.terminator
    },
    get lines() {
      return found.lines
    },
    get note() {
      return found.note
    },
    next(bytes, at, to) {
      for (let index = at; index < to && !wrong; index++) {
        if (where === 'element' && !escaped) {
          const meaning = inString ? meaningInText : meaningOutside
          while (index < to && meaning[bytes[index] as number] === 0) index++
          if (index === to) break
        }
        const byte = bytes[index] as number
        if (!step(byte)) continue
        done(byte === closing)
        return index + 1
      }
      return -1
    },
    finish() {
      if (wrong) return wrong
      if (where === 'behind') return 'none'
      return malformed(place, 'the file ends before the JSON array does: it is truncated.')
    },
  }
}

const isBlank = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const shown = (byte: number) =>
  byte > 0x20 && byte < 0x7f ? JSON.stringify(String.fromCharCode(byte)) : `byte 0x${byte.toString(16)}`
