import { type FlowFacts, hashOf, isEtlError, type RunContext } from '@millrace/etl-core'
import { type Column, columnsOf, compareColumns, incompatibleColumns } from '@millrace/schema/columns'
import { readObject } from '../bytes.js'
import type { ObjectStore } from '../store.js'
import { ownFolder } from './template.js'

/** What appended objects hold, by the record schemas they were written with. */
interface ColumnsDoc {
  readonly format: 1
  /** For people: the document's name is a hash of it. */
  readonly path: string
  readonly columns: readonly Column[]
}

/** The columns below one path, and whether a flow's records may be put beside them. */
export interface StoredColumns {
  /**
   * Compares a flow's columns with those that are stored. Reads only, once per load.
   * @throws ConfigError `ETL_SCHEMA_INCOMPATIBLE` naming each difference.
   */
  check(store: ObjectStore, ctx: RunContext): Promise<void>
  /** Stores them, before the first object that has them can be seen. */
  save(store: ObjectStore, ctx: RunContext): Promise<void>
}

/** The columns of a flow's records, if it has a record schema that tells them. */
export function columnsOfFlow({ schema }: FlowFacts): readonly Column[] | undefined {
  try {
    return schema && columnsOf(schema).map(inFiles)
  } catch (error) {
    // Text formats need no columns: a schema that does not tell its types is then no mistake.
    if (isEtlError(error, 'ETL_COLUMNS_UNKNOWN')) return undefined
    throw error
  }
}

/** Neither the longest text nor what a column means is kept in an object. */
function inFiles({ name, type, nullable }: Column): Column {
  return { name, type: type.kind === 'string' ? { kind: 'string' } : type, nullable }
}

/**
 * Appended objects lie beside older ones and are read together with them: their columns may grow by nullable ones, and change in no other
 * way.
 */
export function storedColumns(path: string, columns: readonly Column[], allowAny: boolean): StoredColumns {
  const keyOf = ({ pipeline }: RunContext) => `${ownFolder}/${pipeline}/columns/${hashOf(path, 16)}.json`
  let checked: { readonly loadId: string; readonly look: Promise<void> } | undefined
  let found: { readonly doc: ColumnsDoc | undefined; readonly etag: string | undefined } | undefined

  const look = async (store: ObjectStore, ctx: RunContext) => {
    found = await readColumns(store, keyOf(ctx), ctx.signal)
    if (!found.doc || allowAny) return
    const compared = compareColumns(found.doc.columns, columns)
    if (compared.kind !== 'incompatible') return
    const place = `the objects below "${path}" in ${store.place}`
    throw incompatibleColumns(place, compared.problems, `append to another path, or give the sink schemaChanges: 'any'.`)
  }
  /** The groups of a load, which come at the same time, share one look. */
  const check = async (store: ObjectStore, ctx: RunContext): Promise<void> => {
    const { loadId } = ctx.load
    const mine = checked?.loadId === loadId ? checked : { loadId, look: look(store, ctx) }
    checked = mine
    try {
      await mine.look
    } catch (error) {
      if (checked === mine) checked = undefined
      throw error
    }
  }
  return {
    check,
    async save(store, ctx) {
      await check(store, ctx)
      for (;;) {
        const { doc, etag } = found as NonNullable<typeof found>
        const all = doc && !allowAny ? withNew(doc.columns, columns) : columns
        if (doc && hashOf(all) === hashOf(doc.columns)) return
        const condition = etag === undefined ? 'absent' : { etag }
        const next: ColumnsDoc = { format: 1, path, columns: all }
        try {
          const body = new TextEncoder().encode(`${JSON.stringify(next, null, 2)}\n`)
          const { etag: now } = await store.put(keyOf(ctx), body, {
            condition,
            contentType: 'application/json',
            signal: ctx.signal,
          })
          found = { doc: next, etag: now }
          return
        } catch (error) {
          // Someone else was there first, or it was us and the answer was lost: that is looked at again.
          if (!isEtlError(error, 'ETL_OBJECT_CONFLICT') && !isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) throw error
          await look(store, ctx)
        }
      }
    },
  }
}

/** What is stored stays as it is: a column without nulls fits one that takes them. */
const withNew = (stored: readonly Column[], columns: readonly Column[]): readonly Column[] => [
  ...stored,
  ...columns.filter(({ name }) => !stored.some(column => column.name === name)),
]

async function readColumns(store: ObjectStore, key: string, signal: AbortSignal) {
  try {
    const { bytes, etag } = await readObject(store, key, { signal })
    return { doc: parse(bytes), etag }
  } catch (error) {
    if (isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) return { doc: undefined, etag: undefined }
    throw error
  }
}

/** `undefined` for a document that is damaged: what it said is written anew. */
function parse(bytes: Uint8Array): ColumnsDoc | undefined {
  try {
    const doc = JSON.parse(new TextDecoder().decode(bytes)) as ColumnsDoc
    return doc.format === 1 && Array.isArray(doc.columns) ? doc : undefined
  } catch {
    return undefined
  }
}
