import {
  ConfigError,
  type Format,
  type Group,
  type ReadBack,
  type RunContext,
  type Split,
  type StoredForm,
} from '@millrace/etl-core'
import { type Column, storedForm } from '@millrace/schema/columns'
import { objectInput } from '../source/input.js'
import type { ObjectStore } from '../store.js'
import { keysOf, type Targets } from './names.js'
import { partitionValues } from './partition-values.js'
import { appendedObjects } from './publish.js'

/** What reading back needs of the sink. */
export interface ReadBackOptions<T> {
  store(): Promise<ObjectStore>
  readonly shown: string
  readonly append: boolean
  readonly objectBytes: number
  targets(): Targets
  format(): Format<T>
  /** Of the flow's records, partition fields among them. */
  columns(): readonly Column[] | undefined
}

/** Reads what a group's publishing made visible, by the same names it was written to. */
export function objectReadBack<T>(options: ReadBackOptions<T>): ReadBack<T> {
  const { shown, append, objectBytes } = options
  const columns = (): readonly Column[] => {
    const known = options.columns()
    if (known) return known
    throw new ConfigError(
      'ETL_CONFIG_INVALID',
      `What is written to ${shown} can be read back and compared only if the flow has a record schema that tells its columns: end it in validate(schema).`,
    )
  }
  const formOf = (record: Readonly<Record<string, unknown>>): StoredForm =>
    Object.fromEntries(columns().map(column => [column.name, storedForm(column, record[column.name])]))

  return {
    formOf: record => formOf(record as Readonly<Record<string, unknown>>),
    async *records(group, ctx) {
      const store = await options.store()
      for (const { key, partition } of objectsOf(group, ctx)) {
        const more = partitionValues(partition)
        for await (const records of recordsOf(store, key, ctx)) yield records.map(record => formOf({ ...record, ...more }))
      }
    },
  }

  function objectsOf(group: Group, ctx: RunContext): readonly { readonly key: string; readonly partition: string }[] {
    if (append) return appendedObjects(options.targets(), objectBytes, group, ctx)
    const splits: readonly Split[] = group.receipts.map(({ split }) => split)
    return keysOf(options.targets(), splits, ctx)
      .slice(0, 1)
      .map(key => ({ key, partition: '' }))
  }

  /** An object that is gone has no records: whoever counts them sees that some are missing. */
  async function* recordsOf(
    store: ObjectStore,
    key: string,
    ctx: RunContext,
  ): AsyncGenerator<Readonly<Record<string, unknown>>[]> {
    const object = await store.head(key, { signal: ctx.signal })
    if (!object) return
    const input = objectInput(store, shown, object, ctx.signal)
    for await (const { records } of options.format().decode(input, undefined, { signal: ctx.signal })) {
      const rows = 'toArray' in records ? records.toArray() : records
      yield rows as unknown as Readonly<Record<string, unknown>>[]
    }
  }
}
