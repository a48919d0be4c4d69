import {
  type Bookmark,
  ConfigError,
  type EtlError,
  errorJson,
  type FailedGroup,
  isEtlError,
  type Json,
  type ObjectSourceOptions,
  type RunContext,
  type SkippedGroup,
  type Source,
  SourceError,
  type Split,
  splitId,
} from '@millrace/etl-core'
import type { AccessFor, ObjectUse } from '../access.js'
import { isHidden, keyProblem } from '../keys.js'
import type { ObjectStore } from '../store.js'
import { goneError, objectInput, type PlannedObject } from './input.js'

/** An object source and its place. */
export interface ObjectSourceSettings<T> extends ObjectSourceOptions<T> {
  /** Opens the store; called when it is first needed. */
  readonly store: () => ObjectStore | Promise<ObjectStore>
  /** The place for people: `file:in`. */
  readonly shown: string
  /** What must be allowed at the place. Default: the source does not say. */
  readonly access?: AccessFor
}

/**
 * Reads the objects of a place, in any format: those below `prefix` that end with `suffix`, or exactly `keys`. Without `keys`, those with
 * a part that begins with `_` or `.` are passed over.
 *
 * Each object is one split and one group, named by its key, with the labels `key`, `name` (behind the last slash) and `stem` (the name
 * without its extension). Its etag is the bookmark: an object that is as the last load read it is skipped as `unchanged`, unless `reread`.
 * Reading one goes on from where it stopped, and gives the same records again.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for `keys` beside `prefix` or `suffix`, and for what cannot be a key. SourceError
 * `ETL_SOURCE_NOT_FOUND` for a folder that is not there and for one of `keys` that is not (that group fails, the others go on), `ETL_SOURCE_CHANGED` for an object that
 * changes while it is read, and what the store and the format throw.
 * @example
 * from(objectSource({ store: () => folderStore('in'), shown: 'file:in', format: csv(), suffix: '.csv' }))
 */
export function objectSource<T>(options: ObjectSourceSettings<T>): Source<T> {
  const { shown, format, prefix = '', suffix = '', keys, reread = false, access } = options
  checkSourceOptions(options)
  const place = (key: string) => `${shown.replace(/\/$/, '')}/${key}`

  const splitOf = ({ key, etag, bytes }: PlannedObject): Split => {
    const name = key.slice(key.lastIndexOf('/') + 1)
    return {
      id: splitId(key, [key, etag]),
      params: { key, etag, bytes },
      group: key,
      labels: { key, name, stem: stemOf(name, format.extension) },
    }
  }

  return Object.freeze<Source<T>>({
    name: 'objects',
    capabilities: { resumable: true, rereads: 'same' },
    identity: identityOf(options),
    ...(access && { access: () => access(sourceUses(options)) }),

    async plan(ctx) {
      const store = await options.store()
      const splits: Split[] = []
      const skipped: SkippedGroup[] = []
      const failed: FailedGroup[] = []
      const bookmarks: Record<string, Bookmark> = {}
      for await (const found of keys ? named(store, keys, ctx) : listed(store, prefix, suffix, ctx)) {
        if ('missing' in found) {
          failed.push({ group: found.missing, error: errorJson(found.error ?? goneError(place(found.missing))) })
          continue
        }
        bookmarks[found.key] = found.etag
        if (!reread && ctx.bookmarks.get(found.key) === found.etag) skipped.push({ group: found.key, reason: 'unchanged' })
        else splits.push(splitOf(found))
      }
      const nothing = splits.length + skipped.length + failed.length === 0
      if (nothing && (await store.isThere?.({ signal: ctx.signal })) === false) throw noPlace(shown)
      return { splits, bookmarks, skipped, failed }
    },

    async *read(split, from, ctx) {
      const object = split.params as unknown as PlannedObject
      const input = objectInput(await options.store(), shown, object, ctx.signal)
      yield* format.decode(input, from, { signal: ctx.signal })
    },
  })
}

function sourceUses<T>({ prefix = '', suffix = '', keys }: ObjectSourceSettings<T>): readonly ObjectUse[] {
  if (keys) return [{ what: 'objects to read', keys: keys.map(key => [key]), does: ['read'], why: 'reads exactly these objects' }]
  const why = 'reads the objects that it finds'
  return [
    { what: 'objects to read', keys: [[prefix, suffix]], does: ['read'], why },
    // A listing is asked for by how keys begin.
    { what: 'keys to look through', keys: [[prefix, '']], does: ['list'], why: 'looks for objects to read' },
  ]
}

/** A folder that is not there reads like an empty one, and a slip in its name would go unnoticed. */
function noPlace(shown: string): SourceError {
  return new SourceError(
    'ETL_SOURCE_NOT_FOUND',
    `There is no folder at ${shown}. Check the name, or make the folder if nothing has arrived yet.`,
    {
      context: { place: shown },
    },
  )
}

async function* listed(store: ObjectStore, prefix: string, suffix: string, ctx: RunContext): AsyncGenerator<PlannedObject> {
  for await (const info of store.list(prefix, { signal: ctx.signal })) {
    if (info.key.endsWith(suffix) && !isHidden(info.key)) yield info
  }
}

async function* named(store: ObjectStore, keys: readonly string[], ctx: RunContext): AsyncGenerator<PlannedObject | Missing> {
  for (const key of keys) yield (await store.head(key, { signal: ctx.signal }).catch(replaced(key))) ?? { missing: key }
}

/** A key without an object, or with another version of it than was asked for. */
interface Missing {
  readonly missing: string
  readonly error?: EtlError
}

/** A store that sees one version of an object says that it was replaced: that object fails alone. */
const replaced =
  (key: string) =>
  (error: unknown): Missing => {
    if (isEtlError(error, 'ETL_SOURCE_REPLACED')) return { missing: key, error }
    throw error
  }

function stemOf(name: string, extension: string): string {
  if (name.endsWith(`.${extension}`) && name.length > extension.length + 1) return name.slice(0, -extension.length - 1)
  const dot = name.lastIndexOf('.')
  return dot > 0 ? name.slice(0, dot) : name
}

function identityOf<T>({ shown, prefix, suffix, keys, format, identity }: ObjectSourceSettings<T>): Json {
  return {
    place: shown,
    prefix: prefix ?? '',
    suffix: suffix ?? '',
    keys: keys ? [...keys] : null,
    format: format.layout,
    more: identity ?? null,
  }
}

function checkSourceOptions<T>({ shown, prefix, suffix, keys }: ObjectSourceSettings<T>): void {
  const problems: string[] = []
  if (keys && (prefix !== undefined || suffix !== undefined))
    problems.push('"keys" says which objects, so "prefix" and "suffix" go')
  if (keys && new Set(keys).size < keys.length) problems.push('"keys" names an object twice')
  for (const key of keys ?? []) {
    const problem = keyProblem(key)
    if (problem) problems.push(`${JSON.stringify(key)} in "keys" cannot be a key: ${problem}`)
  }
  if (problems.length > 0) throw new ConfigError('ETL_CONFIG_INVALID', `Objects from ${shown}: ${problems.join('; ')}.`)
}
