import { randomBytes } from 'node:crypto'
import { type Checkpoint, SinkError, type SinkWriter, type SplitContext } from '@millrace/etl-core'
import type { ObjectStore } from '../store.js'
import type { Stage } from './lane.js'
import type { Lanes } from './lanes.js'
import { splitStagingOf } from './names.js'
import { type Part, stagedJson, stagedOf } from './parts.js'

/** Writes one split to staged parts. Parts that its checkpoint does not know are as if they were not. */
export function stagingWriter<T>(
  store: ObjectStore,
  ctx: SplitContext,
  part: string | undefined,
  lanesOver: (stage: Stage, parts: readonly Part[]) => Lanes<T>,
): SinkWriter<T> {
  const { parts } = stagedOf(ctx.resume?.kept)
  const lanes = lanesOver(partStager(store, ctx, part, parts.length), parts)
  /** The newest batch of which nothing is in an open unit. */
  let done: Checkpoint | undefined = ctx.resume
  let last: Checkpoint | undefined = ctx.resume
  let closed = false
  const refuseClosed = () => {
    if (closed) throw new SinkError('ETL_SINK_CLOSED', `The writer of split "${ctx.split.id}" was ended before.`)
  }

  return {
    async write(batch) {
      refuseClosed()
      ctx.signal.throwIfAborted()
      const rejected = await lanes.take(batch)
      last = batch.checkpoint
      if (lanes.settled) done = last
      return rejected.length === 0 ? {} : { rejected: [...rejected].sort((a, b) => a.row - b.row) }
    },
    async flush() {
      refuseClosed()
      await lanes.flush()
      if (lanes.settled) done = last
      return done && { ...done, kept: stagedJson(lanes.parts) }
    },
    async commit() {
      refuseClosed()
      await lanes.end()
      closed = true
      return stagedJson(lanes.parts)
    },
    async suspend() {
      refuseClosed()
      closed = true
    },
    async abort() {
      refuseClosed()
      closed = true
    },
  }
}

/**
 * Stores parts under names that never come twice: epoch, a random text per writer, a counter. So neither an owner that was succeeded nor
 * an attempt whose last request arrives late can change a part that someone else relies on.
 */
function partStager(store: ObjectStore, ctx: SplitContext, part: string | undefined, known: number): Stage {
  const folder = splitStagingOf(ctx.pipeline, ctx.load.loadId, ctx.split.id)
  const writer = `${part === undefined ? '' : `${part}-`}${randomBytes(3).toString('hex')}`
  let count = known
  let failed: { readonly error: unknown } | undefined
  return async (chunks, bytes) => {
    // Some of the bytes are gone with it: nothing that comes after them may be stored.
    if (failed) throw failed.error
    ctx.signal.throwIfAborted()
    const name = `e${ctx.load.epoch}-${writer}-${String(++count).padStart(6, '0')}`
    const body = chunks.length === 1 ? (chunks[0] as Uint8Array) : handedOver(chunks)
    try {
      await store.put(`${folder}${name}`, body, { bytes, signal: ctx.signal })
    } catch (error) {
      failed = { error }
      throw error
    }
    return name
  }
}

/** The store may need all bytes together, and then holds them: held here, too, they would take twice the memory. */
async function* handedOver(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  chunks.reverse()
  for (let chunk = chunks.pop(); chunk; chunk = chunks.pop()) yield chunk
}
