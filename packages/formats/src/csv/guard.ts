import { base64 } from '../json-text.js'

/**
 * What a spreadsheet may take for the beginning of a formula: the characters OWASP names, and the wide forms of the first four.
 *
 * @see https://owasp.org/www-community/attacks/CSV_Injection (read 2026-12), which also says that no guard helps against all of them.
 */
const formulaStart = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/

/** A text with a `'` before it, which spreadsheets take for the sign of a text, if it looks like a formula. */
export const guarded = (text: string): string => (formulaStart.test(text) ? `'${text}` : text)

/** Records with all texts guarded, and bytes too: base64 may begin with `+`. Those that need none are given as they are. */
export function guardedRecords<T extends object>(records: readonly T[]): readonly T[] {
  return records.map(record => {
    const changed = Object.entries(record).flatMap(([name, value]) => {
      const text = typeof value === 'string' ? value : value instanceof Uint8Array ? base64(value) : ''
      return formulaStart.test(text) ? [[name, `'${text}`] as const] : []
    })
    return changed.length === 0 ? record : { ...record, ...Object.fromEntries(changed) }
  })
}
