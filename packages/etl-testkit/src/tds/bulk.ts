import type { TdsBulk } from './api.js'
import { framing, parserOptions, type TdsMessage } from './framing.js'

/** A bulk load as it arrived. */
export interface Bulk extends TdsBulk {
  /** The client took it back before its end. */
  readonly ignored: boolean
}

/** Reads the rows of a bulk load while they arrive, so that a server that stands still makes the client wait. */
export async function bulkOf(
  message: TdsMessage,
  insertBulk: string,
  { limit, gate, ignored }: { readonly limit: number | undefined; gate(): Promise<void>; ignored(): boolean },
): Promise<Bulk> {
  const { parseTokens, noDebug } = framing()
  const columns: { name: string; type: string }[] = []
  const rows: (readonly unknown[])[] = []
  try {
    for await (const token of parseTokens(message, noDebug, parserOptions)) {
      await gate()
      if (token?.name === 'COLMETADATA')
        columns.push(...(token.columns ?? []).map(({ colName = '', type }) => ({ name: colName, type: type?.name ?? '?' })))
      if (token?.name === 'ROW' || token?.name === 'NBCROW') rows.push((token.columns ?? []).map(({ value }) => value))
      if (limit !== undefined && rows.length >= limit) break
    }
  } catch (error) {
    // One that was taken back may end in the middle of a row.
    if (!ignored()) throw error
  }
  const table = /insert bulk\s+([^\s(]+)/i.exec(insertBulk)?.[1] ?? '?'
  return { table, columns, rows, ignored: ignored() }
}
