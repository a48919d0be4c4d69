import assert from 'node:assert/strict'
import { canonicalJson, type ReadBack, type Removal, type Sink, type Source, type StoredForm } from '@millrace/etl-core'
import { withMembers } from '../around.js'
import type { CrashEnds } from '../crash/world.js'

/** What happens in the world while one process moves. */
export interface Meanwhile {
  /** Before each batch is asked for. */
  reading?(): Promise<void> | void
  /** Once a group is visible, and before it is read back. */
  published?(): Promise<void> | void
  /** What is read back instead. */
  readBack?(forms: readonly StoredForm[]): readonly StoredForm[]
  /** Before the nth removal of this process, from 1. What it throws, the removal does. */
  removing?(nth: number): Promise<void> | void
}

/** What a guard looks at, and whom it tells. */
export interface Watch<T> {
  /** What a reader of the destination sees. */
  moved(): readonly T[] | Promise<readonly T[]>
  /** At most so many rows may be removed at once. */
  readonly removeRows: number
  /** Called with what may never be. */
  wrong(error: unknown): void
}

/** The ends of one process, which may remove nothing but what it has read back and what the destination shows at that moment. */
export function guarded<T>({ source, sink, state }: CrashEnds<T>, watch: Watch<T>, meanwhile: Meanwhile = {}): CrashEnds<T> {
  const { removal } = source
  const { readBack } = sink
  if (!removal || !readBack) return { source, sink, state }
  const keyOf = (form: StoredForm) => canonicalJson(removal.key.map(name => form[name] ?? null))
  const seen = new Set<string>()
  const mayGo = async (keys: readonly string[]) => {
    assert.ok(keys.length <= watch.removeRows, `${keys.length} rows were removed at once, and ${watch.removeRows} may be`)
    const shown = new Set((await watch.moved()).map(record => keyOf(readBack.formOf(record))))
    for (const key of keys) {
      assert.ok(seen.has(key), `the row ${key} was removed, and this process had not read it back`)
      assert.ok(shown.has(key), `the row ${key} was removed, and a reader of the destination does not see it`)
    }
  }
  return {
    source: withMembers<Source<T>>(source, { removal: guardedRemoval(), read: reading }),
    sink: withMembers<Sink<T>>(sink, { readBack: watchedReadBack(readBack), ...(sink.publish && { publish: publishing }) }),
    state,
  }

  async function* reading(...[split, from, ctx]: Parameters<Source<T>['read']>) {
    await meanwhile.reading?.()
    for await (const batch of source.read(split, from, ctx)) {
      yield batch
      await meanwhile.reading?.()
    }
  }

  async function publishing(...[group, ctx]: Parameters<NonNullable<Sink<T>['publish']>>) {
    const published = (await sink.publish?.(group, ctx)) ?? {}
    await meanwhile.published?.()
    return published
  }

  function watchedReadBack(inner: ReadBack<T>): ReadBack<T> {
    return withMembers<ReadBack<T>>(inner, {
      async *records(group, ctx) {
        for await (const forms of inner.records(group, ctx)) {
          const told = meanwhile.readBack?.(forms) ?? forms
          for (const form of told) seen.add(keyOf(form))
          yield told
        }
      },
    })
  }

  function guardedRemoval(): Removal {
    const { key } = removal as Removal
    let removals = 0
    return {
      key,
      async remove(keys, ctx) {
        await meanwhile.removing?.(++removals)
        await mayGo(keys.map(values => canonicalJson(values))).catch(error => {
          watch.wrong(error)
          throw error
        })
        return (removal as Removal).remove(keys, ctx)
      },
    }
  }
}
