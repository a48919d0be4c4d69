import type { Format, Group, Json, Published, PublishedObject, RunContext, Split } from '@millrace/etl-core'
import type { ObjectStore } from '../store.js'
import { type Content, contentOf, type PlacedPart } from './content.js'
import { type ManifestObject, manifestBefore, writeManifest } from './manifest.js'
import { keysOf, manifestKeyOf, splitStagingOf, type Targets, valuesOf } from './names.js'
import { claimKeys, releaseKeys } from './owners.js'
import { stagedOf } from './parts.js'
import { type Found, type Settled, settleObject } from './settle.js'
import { expandTemplate } from './template.js'
import { endUnfinished } from './unfinished.js'
import { publishedMetadata } from './writer-of.js'

/** What publishing needs of the sink. */
export interface Publisher<T> {
  readonly store: ObjectStore
  /** For people: the place the report names objects at. */
  readonly shown: string
  readonly format: Format<T>
  /** See `Sink.apart`. */
  readonly part?: string | undefined
}

/** What `survey` found, by key. */
export interface Survey {
  readonly objects: Readonly<Record<string, string | null>>
}

/** One object of the whole group, under its dated name and then under the latest one; the manifest last. */
export async function publishObject<T>(
  publisher: Publisher<T>,
  targets: Targets,
  group: Group,
  ctx: RunContext,
): Promise<Published> {
  const { store, format } = publisher
  const keys = keysOf(
    targets,
    group.receipts.map(({ split }) => split),
    ctx,
  )
  const me = { pipeline: ctx.pipeline, group: group.name, part: publisher.part, loadId: ctx.load.loadId }
  // First of all: whatever is published from here on shows when the manifest is written.
  const before = await manifestBefore(store, manifestKeyOf(me), ctx.signal)
  const parts = group.receipts.flatMap(({ split, receipt }) => placed(split, receipt, ctx))
  const content = await contentOf(store, format, parts, ctx.signal)
  await claimKeys(store, me, keys, ctx.signal)
  const writing = { contentType: format.contentType, metadata: publishedMetadata(ctx, group.name), signal: ctx.signal }
  const published: PublishedObject[] = []
  const objects: ManifestObject[] = []
  for (const key of keys) {
    const settled = await settleObject(store, key, content, foundAt(group, key), writing)
    await endLeft(store, key, content, settled, ctx)
    published.push(publishedObject(publisher, settled))
    objects.push({ key, bytes: content.bytes, etag: settled.info.etag, sha256: content.sha256 })
  }
  await writeManifest(
    store,
    manifestKeyOf(me),
    {
      format: 1,
      group: group.name,
      loadId: ctx.load.loadId,
      publishedAtMs: ctx.load.startedAtMs,
      records: parts.reduce((sum, part) => sum + part.units.reduce((of, unit) => of + unit.records, 0), 0),
      splits: group.receipts.map(({ split, receipt }) => ({
        split: split.id,
        parts: stagedOf(receipt).parts.length,
        records: stagedOf(receipt).records,
      })),
      objects,
    },
    before,
    ctx.signal,
  )
  const left = (before?.manifest?.objects ?? []).map(object => object.key).filter(key => !keys.includes(key))
  await releaseKeys(store, me, left, ctx.signal)
  return { objects: published }
}

/** An object for each run of parts, named after the batch it begins with. What is there already was made by this very load. */
export async function publishParts<T>(
  publisher: Publisher<T>,
  targets: Targets,
  objectBytes: number,
  group: Group,
  ctx: RunContext,
): Promise<Published> {
  const { store, format } = publisher
  const writing = { contentType: format.contentType, metadata: publishedMetadata(ctx, group.name), signal: ctx.signal }
  const published: PublishedObject[] = []
  for (const { key, parts } of appendedObjects(targets, objectBytes, group, ctx)) {
    const content = await contentOf(store, format, parts, ctx.signal)
    const settled = await settleObject(store, key, content, null, writing)
    await endLeft(store, key, content, settled, ctx)
    published.push(publishedObject(publisher, settled))
  }
  return { objects: published }
}

/** An object that a group adds, and of which parts. */
interface AppendedObject {
  readonly key: string
  /** `year=2025/month=2/`; empty without partitions. */
  readonly partition: string
  readonly parts: readonly PlacedPart[]
}

/** The objects that a group adds. They follow from its receipts alone. */
export function appendedObjects(targets: Targets, objectBytes: number, group: Group, ctx: RunContext): AppendedObject[] {
  return group.receipts.flatMap(({ split, receipt }) => {
    const folder = partsFolder(targets, split, ctx)
    return runsOfParts(placed(split, receipt, ctx), objectBytes).map(parts => {
      const { first = '', partition = '' } = parts[0] as PlacedPart
      return { key: `${folder}${partition}${first.slice(0, 16)}.${targets.extension}`, partition, parts }
    })
  })
}

/** The key is this group's: whatever else was begun there and not ended is of a process that died, or of a request whose answer was lost. */
async function endLeft(store: ObjectStore, key: string, content: Content, { change }: Settled, ctx: RunContext): Promise<void> {
  if (content.assembled && (change !== 'same' || ctx.load.attempt > 1)) await endUnfinished(store, { key }, ctx)
}

/** Where the objects of a split go: `''` or with a slash at its end. */
export function partsFolder({ path, extension }: Targets, split: Split, ctx: RunContext): string {
  return path === '' ? '' : `${expandTemplate(path, valuesOf(split, extension, ctx))}/`
}

/**
 * Parts that become one object: consecutive ones of a partition, up to a size. It follows from the receipts alone, so publishing again
 * gives the same objects, and how often a run flushed does not show.
 */
export function runsOfParts<P extends PlacedPart>(parts: readonly P[], objectBytes: number): P[][] {
  const runs: P[][] = []
  const open = new Map<string, { parts: P[]; bytes: number }>()
  for (const part of parts) {
    const partition = part.partition ?? ''
    let run = open.get(partition)
    // A part that begins within a unit belongs to the one before it.
    if (!run || (run.bytes + part.bytes > objectBytes && !part.inside)) {
      run = { parts: [], bytes: 0 }
      open.set(partition, run)
      runs.push(run.parts)
    }
    run.parts.push(part)
    run.bytes += part.bytes
  }
  return runs
}

function placed(split: Split, receipt: Json, ctx: RunContext): PlacedPart[] {
  const folder = splitStagingOf(ctx.pipeline, ctx.load.loadId, split.id)
  return stagedOf(receipt).parts.map(part => ({ ...part, key: `${folder}${part.name}` }))
}

/** A key the survey did not look at, though there was one, was not known to be free: the path changed since the load began. */
function foundAt(group: Group, key: string): Found {
  const survey = group.found as unknown as Survey | undefined
  return survey === undefined ? undefined : (survey.objects[key] ?? null)
}

function publishedObject({ shown }: { readonly shown: string }, { info, change }: Settled): PublishedObject {
  return { place: `${shown.replace(/\/$/, '')}/${info.key}`, bytes: info.bytes, change }
}
