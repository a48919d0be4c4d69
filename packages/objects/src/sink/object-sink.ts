import { ConfigError, type FlowFacts, groupOf, type Json, type RunContext, type Sink, type Split } from '@millrace/etl-core'
import type { Column } from '@millrace/schema/columns'
import { objectsHome } from '../state/home.js'
import type { ObjectStore } from '../store.js'
import { singleLane } from './lanes.js'
import { type ManifestRead, readManifest, refreshManifest, stillThere } from './manifest.js'
import { keysOf, manifestKeyOf, stagingOf, type Targets, writesText } from './names.js'
import { checkSinkOptions, type ObjectSinkSettings } from './options.js'
import { refuseOwned } from './owners.js'
import { factsWithout, partitionLanes } from './partitions.js'
import { partsFolder, publishObject, publishParts } from './publish.js'
import { objectReadBack } from './read-back.js'
import { columnsOfFlow, type StoredColumns, storedColumns } from './stored-columns.js'
import { endUnfinished } from './unfinished.js'
import { sinkUses } from './uses.js'
import { stagingWriter } from './writer.js'
import { writingStore } from './writing-store.js'

/** What a writer holds beside a full part: the end of a unit, and what stands around it. */
const beyondPartBytes = 1024 * 1024
/** Keys per call: what S3 deletes in one request. */
const deleteAtOnce = 1_000

/**
 * Writes records to objects of any store, in any format.
 *
 * Layout `object`: each group becomes one object, replaced whole when the group is published: `path` first, then `latest` with the same
 * bytes. Layout `append`: each load adds objects `<path>/<first batch's id>.<ext>`, with `partitionBy` below `<field>=<value>/` as Hive has
 * it (the fields are then in the name and not in the object; null and empty text are `__HIVE_DEFAULT_PARTITION__`).
 *
 * Delivery: a flush stages what was written below `_millrace/<pipeline>/staging/`, so flushed records survive a stop. Nothing is visible
 * before `publish`, which may be repeated and gives the same bytes: formats with `unitRecords` end units at counted records only, and a
 * stop then gives up the open one. An object is replaced only if it is as the load found it, else `ETL_OBJECT_CONFLICT`; with exactly the
 * content it should have it is left untouched (`same`). State lies beside the data, in `_millrace/<pipeline>/state/`.
 *
 * Memory: `partBytes` per open split, and what the format holds of an open unit.
 *
 * An object belongs to the group that was published there last, in `_millrace/owners/`: another group, or another pipeline at this place, is
 * refused as its load begins. An owner whose manifest is gone or names other objects, or whose object is gone, is succeeded.
 *
 * Appended objects are read together with those of earlier loads: where the flow has a record schema, its columns are kept beside them, and
 * may grow by nullable ones only.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for options and path templates; as a load begins `ETL_SCHEMA_INCOMPATIBLE` for columns that do not
 * fit those already appended, and `ETL_CONFIG_INVALID` for unknown template fields, and for an object
 * that another group of the load writes or that belongs to another group or pipeline. While writing `ETL_SINK_DENIED`, `ETL_SINK_FULL` (later), `ETL_SINK_UNAVAILABLE` (later); after its end
 * `ETL_SINK_CLOSED`. While publishing `ETL_OBJECT_CONFLICT`, `ETL_STAGING_DAMAGED`.
 * @example
 * const sink = objectSink({ store: () => folderStore('out'), shown: 'file:out', format: csv(), path: '{group}/latest.csv' })
 */
export function objectSink<T>(options: ObjectSinkSettings<T>): Sink<T> {
  return sinkWithBooks(options, undefined)
}

/** @param part - Names the books it keeps, where several sinks of a flow write to one place. */
function sinkWithBooks<T>(options: ObjectSinkSettings<T>, part: string | undefined): Sink<T> {
  checkSinkOptions(options)
  const {
    shown,
    access,
    latest,
    layout = 'object',
    partitionBy = [],
    objectBytes = 128 * 1024 * 1024,
    partBytes = 8 * 1024 * 1024,
  } = options
  const path = options.path.replace(/\/$/, '')
  const append = layout === 'append'
  let columns: StoredColumns | undefined
  let flowColumns: readonly Column[] | undefined
  let format = options.format
  let opening: Promise<ObjectStore> | undefined
  const store = (): Promise<ObjectStore> => {
    opening ??= (async () => writingStore(await options.store()))().catch(error => {
      opening = undefined
      throw error
    })
    return opening
  }
  const targets = (): Targets => ({ path, latest, extension: format.extension })
  const publisher = async () => ({ store: await store(), shown, format, part })
  const claims = keyClaims(shown)
  /** Manifests whose objects have other etags now. Written at the next publish: a run that finds nothing new changes nothing. */
  const outdated = new Map<string, ManifestRead>()
  /** The keys of a group, refused if another group of the load has one of them. */
  const claimed = (splits: readonly Split[], ctx: RunContext): readonly string[] => {
    if (append) {
      for (const split of splits) partsFolder(targets(), split, ctx)
      return []
    }
    const keys = keysOf(targets(), splits, ctx)
    claims.take(ctx.load.loadId, groupOf(splits[0] as Split), keys)
    return keys
  }

  return Object.freeze<Sink<T>>({
    name: 'objects',
    capabilities: { disposition: append ? 'append' : 'replace', durableAt: 'flush', replay: 'idempotent', cursor: 'outside' },
    get bufferBytes() {
      return partBytes + beyondPartBytes + (format.bufferBytes ?? 0)
    },
    home: objectsHome(shown, store, access),
    ...(access && {
      access: (pipeline: string) =>
        access(sinkUses({ pipeline, targets: targets(), append, keepsColumns: columns !== undefined })),
    }),
    get layout(): Json {
      return { layout, path, latest: latest ?? null, partitionBy: [...partitionBy], format: format.layout }
    },
    get writes() {
      return `${writesText(targets(), { shown, append, partitionBy })}, as ${format.name}`
    },
    prepare(facts: FlowFacts) {
      const known = partitionBy.length === 0 ? facts : factsWithout(facts, partitionBy)
      format = options.format.prepare?.(known) ?? options.format
      flowColumns = columnsOfFlow(facts)
      columns = append && flowColumns ? storedColumns(path, flowColumns, options.schemaChanges === 'any') : undefined
    },

    apart: name => sinkWithBooks(options, name),

    async survey(splits, ctx) {
      const keys = claimed(splits, ctx)
      const at = await store()
      await columns?.check(at, ctx)
      if (keys.length === 0) return { objects: {} }
      const me = { pipeline: ctx.pipeline, group: groupOf(splits[0] as Split), part, loadId: ctx.load.loadId }
      await refuseOwned(at, me, keys, ctx.signal)
      const etagAt = async (key: string) => [key, (await at.head(key, { signal: ctx.signal }))?.etag ?? null] as const
      return { objects: Object.fromEntries(await Promise.all(keys.map(etagAt))) }
    },

    // Appended objects are the readers': whoever compacts or moves them must not cause them to be loaded twice.
    ...(append
      ? {}
      : {
          async stillPublished(group: string, ctx: RunContext) {
            const at = await store()
            const key = manifestKeyOf({ pipeline: ctx.pipeline, group, part })
            const found = await readManifest(at, key, ctx.signal)
            const now = found?.manifest.group === group ? await stillThere(at, found.manifest, ctx.signal) : undefined
            if (now && now !== found?.manifest) outdated.set(key, { manifest: now, etag: found?.etag as string })
            return now !== undefined
          },
        }),

    async open(ctx) {
      claimed([ctx.split], ctx)
      const at = await store()
      return stagingWriter<T>(at, ctx, part, (stage, parts) => {
        const lanes = { format, stage, parts, partBytes, named: append }
        return partitionBy.length === 0 ? singleLane(lanes) : partitionLanes({ ...lanes, fields: partitionBy })
      })
    },

    async publish(group, ctx) {
      if (append) {
        await columns?.save(await store(), ctx)
        return publishParts(await publisher(), targets(), objectBytes, group, ctx)
      }
      const published = await publishObject(await publisher(), targets(), group, ctx)
      for (const [key, read] of outdated) {
        await refreshManifest(await store(), key, read, ctx.signal)
        outdated.delete(key)
      }
      return published
    },

    readBack: objectReadBack<T>({
      store,
      shown,
      append,
      objectBytes,
      targets,
      format: () => format,
      columns: () => flowColumns,
    }),

    async discard(loadId, ctx) {
      const at = await store()
      let keys: string[] = []
      for await (const { key } of at.list(stagingOf(ctx.pipeline, loadId), { signal: ctx.signal })) {
        keys.push(key)
        if (keys.length < deleteAtOnce) continue
        await at.delete(keys, { signal: ctx.signal })
        keys = []
      }
      if (keys.length > 0) await at.delete(keys, { signal: ctx.signal })
      await endUnfinished(at, { prefix: stagingOf(ctx.pipeline, loadId) }, ctx)
    },
  })
}

/** Which group of a load writes which key: two that write one would take turns in overwriting each other. */
function keyClaims(place: string) {
  let load: string | undefined
  let owners = new Map<string, string>()
  return {
    take(loadId: string, group: string, keys: readonly string[]) {
      if (load !== loadId) {
        load = loadId
        owners = new Map()
      }
      for (const key of keys) {
        const other = owners.get(key)
        if (other !== undefined && other !== group) {
          throw new ConfigError(
            'ETL_CONFIG_INVALID',
            `The groups "${other}" and "${group}" would both be written to "${key}" in ${place}. Put {group}, or a label that tells them apart, ` +
              'into the path.',
            { context: { key, place, groups: [other, group] } },
          )
        }
        owners.set(key, group)
      }
    },
  }
}
