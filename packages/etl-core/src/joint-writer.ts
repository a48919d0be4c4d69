import type { Batch } from './batch.js'
import { RecordError, SourceError } from './errors.js'
import type { Json } from './json.js'
import type { SplitContext } from './load.js'
import { all } from './sides.js'
import type { RefusedRow, Sink, SinkWriter } from './sink.js'
import type { Checkpoint } from './split.js'

/** How far one of the sinks is, as the joint checkpoint keeps it. */
interface SideDoc {
  readonly checkpoint: Checkpoint
  /** What it refused of the batches it alone has: they are not written to it again, so it will not say so again. */
  readonly refused: readonly { readonly batchNo: number; readonly rows: readonly RefusedDoc[] }[]
  /** Of those batches, in order: which records were in them, see `membersOf`. */
  readonly members: readonly number[]
}

interface RefusedDoc {
  readonly row: number
  readonly code: string
  readonly message: string
  readonly path: readonly (string | number)[]
  readonly partial?: true
}

/** Several writers of one split that may stand at different batches. */
export interface JointWriter {
  /** Writes a batch to one of the sinks, unless it has it already; says what it refused either way. */
  write(side: number, batch: Batch<unknown>): Promise<readonly RefusedRow[]>
  /** The oldest of the sinks' checkpoints; `kept` says where each stands. */
  flush(): Promise<Checkpoint | undefined>
  commit(): Promise<Json>
  suspend(): Promise<void>
  abort(cause: unknown): Promise<void>
}

interface Side {
  readonly writer: SinkWriter<unknown>
  readonly before: SideDoc | undefined
  acknowledged: Checkpoint | undefined
  /** By batch number, of batches that some other sink may still lack. */
  readonly refused: Map<number, readonly RefusedRow[]>
  readonly members: Map<number, number>
}

/**
 * Opens a split in several sinks at once.
 *
 * A split goes on at the oldest of their checkpoints. A sink that is ahead gets the batches it has no second time; that needs a source that
 * hands over the same batches again. With one that may not (`rereads: 'mayDiffer'`) only checkpoints that all sinks reached count. What the
 * steps make of them may differ, as code may have been corrected since: that is noticed, and the split is read again from its start.
 */
export async function openJointly(
  sinks: readonly Sink<never>[],
  ctx: SplitContext,
  rereads: 'same' | 'mayDiffer',
): Promise<JointWriter> {
  const docs = sideDocs(ctx.resume)
  const sides: Side[] = []
  try {
    for (const [index, sink] of sinks.entries()) sides.push(await openSide(sink, docs[index], ctx))
  } catch (error) {
    await Promise.allSettled(sides.map(({ writer }) => writer.abort(error)))
    throw error
  }
  let common = ctx.resume
  const maySeparate = rereads === 'same' && sinks.every(({ capabilities }) => capabilities.durableAt === 'flush')

  return {
    async write(side, batch) {
      const { writer, before, refused, members } = sides[side] as Side
      const { batchNo } = batch.checkpoint
      if (before && batchNo <= before.checkpoint.batchNo) {
        if (members.get(batchNo) !== membersOf(batch)) throw otherMembers(ctx.split.id, batchNo, sinks[side] as Sink<never>)
        return refused.get(batchNo) ?? []
      }
      const { rejected = [] } = await writer.write(batch)
      if (maySeparate) {
        members.set(batchNo, membersOf(batch))
        if (rejected.length > 0) refused.set(batchNo, rejected)
      }
      return rejected
    },
    async flush() {
      await all(sides, async side => {
        side.acknowledged = (await side.writer.flush()) ?? side.acknowledged
      })
      const known = sides.flatMap(({ acknowledged }) => acknowledged ?? [])
      if (known.length < sides.length) return common
      const oldest = known.reduce((a, b) => (b.batchNo < a.batchNo ? b : a))
      if (rereads === 'mayDiffer' && known.some(({ batchNo }) => batchNo !== oldest.batchNo)) return common
      common = jointCheckpoint(oldest, sides)
      return common
    },
    commit: async () => ({ sides: await all(sides, ({ writer }) => writer.commit()) }),
    async suspend() {
      await all(sides, ({ writer }) => writer.suspend())
    },
    async abort(cause) {
      await all(sides, ({ writer }) => writer.abort(cause))
    },
  }
}

async function openSide(sink: Sink<never>, before: SideDoc | undefined, ctx: SplitContext): Promise<Side> {
  const { resume: _joint, ...rest } = ctx
  const writer = (await sink.open({ ...rest, ...(before ? { resume: before.checkpoint } : {}) })) as SinkWriter<unknown>
  const refused = new Map((before?.refused ?? []).map(({ batchNo, rows }) => [batchNo, rows.map(refusedFromDoc)]))
  const members = new Map((before?.members ?? []).map((of, index) => [(ctx.resume?.batchNo ?? 0) + 1 + index, of]))
  return { writer, before, acknowledged: before?.checkpoint, refused, members }
}

/** A number that says which records of its source batch are in a batch: the others were rejected, or left out. */
function membersOf({ rows, originOf }: Batch<unknown>): number {
  let hash = 0x811c9dc5
  for (let row = 0; row < rows.length; row++) hash = Math.imul(hash ^ (originOf?.(row) ?? row), 0x01000193)
  return (hash ^ rows.length) >>> 0
}

function otherMembers(split: string, batchNo: number, { name }: Sink<never>): SourceError {
  return new SourceError(
    'ETL_SOURCE_CHANGED',
    `Batch ${batchNo} of split "${split}" holds other records than those that "${name}" has of it: its source or a step is another one now.`,
    { context: { split, batchNo } },
  )
}

/** The casts here are safe: only this file makes and reads these documents. */
const sideDocs = (resume: Checkpoint | undefined): readonly (SideDoc | undefined)[] =>
  (resume?.kept as unknown as { readonly sides: readonly SideDoc[] } | undefined)?.sides ?? []

function jointCheckpoint({ cursor, batchNo }: Checkpoint, sides: readonly Side[]): Checkpoint {
  const docs = sides.map(({ acknowledged, refused, members }): SideDoc => {
    const checkpoint = acknowledged as Checkpoint
    for (const known of [refused, members]) for (const of of known.keys()) if (of <= batchNo) known.delete(of)
    const ahead = <V>(known: ReadonlyMap<number, V>) => [...known].filter(([of]) => of <= checkpoint.batchNo)
    return {
      checkpoint,
      refused: ahead(refused).map(([of, rows]) => ({ batchNo: of, rows: rows.map(refusedDoc) })),
      members: ahead(members).map(([, of]) => of),
    }
  })
  return { cursor, batchNo, kept: { sides: docs } as unknown as Json }
}

const refusedDoc = ({ row, error: { code, message, path }, ...more }: RefusedRow): RefusedDoc => ({
  row,
  code,
  message,
  path,
  ...more,
})

const refusedFromDoc = ({ row, code, message, path, ...more }: RefusedDoc): RefusedRow => ({
  row,
  error: new RecordError(code, message, { path }),
  ...more,
})
