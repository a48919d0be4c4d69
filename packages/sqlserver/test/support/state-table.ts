import type { TdsAnswer, TdsCall } from '@millrace/etl-testkit/tds'

/** Answers the statements of state as a table of documents would. */
export function stateTable(): (call: Pick<TdsCall, 'sql' | 'params'>) => TdsAnswer | undefined {
  const documents = new Map<string, { version: string; value: string }>()
  return ({ sql, params }) => {
    const id = `${params.p}/${params.k}`
    const [found, given] = [documents.get(id), params as { version: string; value: string; expected?: string }]
    if (sql.startsWith('SELECT')) {
      return { rowset: { columns: ['version', 'value'], rows: found ? [[found.version, found.value]] : [] } }
    }
    if (sql.startsWith('INSERT')) {
      if (found) return { error: { number: 2627, class: 14, message: 'Violation of PRIMARY KEY constraint.' } }
      documents.set(id, { version: given.version, value: given.value })
      return { rowCount: 1 }
    }
    if (sql.startsWith('DELETE')) {
      if (found?.version !== given.expected) return { rowCount: 0 }
      documents.delete(id)
      return { rowCount: 1 }
    }
    if (!sql.startsWith('UPDATE') || found?.version !== given.expected) return { rowCount: 0 }
    documents.set(id, { version: given.version, value: given.value })
    return { rowCount: 1 }
  }
}
