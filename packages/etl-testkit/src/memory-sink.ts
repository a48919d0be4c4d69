import {
  type Batch,
  type Checkpoint,
  canonicalJson,
  groupOf,
  type Json,
  RecordError,
  type Sink,
  type SinkCapabilities,
  SinkError,
  type SinkWriter,
  type SplitContext,
  StateError,
  type StoredForm,
  toJson,
} from '@millrace/etl-core'
import { published, type StoredRow, type StoredRows, withRows } from './memory-rows.js'

/** What {@link memorySink} is. Defaults: appends, durable at flush, idempotent, cursor outside. */
export interface MemorySinkOptions<T> extends Partial<SinkCapabilities> {
  /** Records become visible with their group, at publish. Default: only when it replaces. */
  readonly publishes?: boolean
  /** The natural key of `merge`. Default: the whole record. */
  keyOf?(record: T): string
  /** Why a record is refused; `undefined` if it is taken. */
  refuse?(record: T): string | undefined
  readonly name?: string
}

/** A sink in memory and what a reader of it sees. */
export interface MemorySink<T> extends Sink<T> {
  /** What a reader sees now, of all groups or of one, in the order it was written. */
  visible(group?: string): readonly T[]
}

interface Memory<T> {
  visible: StoredRows<T>
  staged: StoredRows<T>
  /** `inTransaction`: by load and split, what is durable and whose it is. */
  readonly cursors: Map<string, { readonly epoch: number; readonly checkpoint?: Checkpoint }>
  /** By load: the epoch that cleaned up after it. */
  readonly cleaned: Map<string, number>
}

/**
 * A sink in memory that does exactly what its capabilities say, for tests of sources, pipelines and runners: `replay: 'duplicates'`
 * really leaves two copies, `durableAt: 'commit'` forgets everything at a stop, and `cursor: 'inTransaction'` keeps the checkpoint with
 * the rows and refuses an earlier owner.
 *
 * @example
 * const sink = memorySink<Order>({ disposition: 'merge', keyOf: order => order.id })
 */
export function memorySink<T>(options: MemorySinkOptions<T> = {}): MemorySink<T> {
  const { disposition = 'append', durableAt = 'flush', replay = 'idempotent', cursor = 'outside' } = options
  const capabilities: SinkCapabilities = { disposition, durableAt, replay, cursor }
  const publishes = options.publishes ?? disposition === 'replace'
  const keyOf = options.keyOf ?? (record => canonicalJson(toJson(record)))
  const memory: Memory<T> = { visible: [], staged: [], cursors: new Map(), cleaned: new Map() }

  const store = (rows: StoredRows<T>) => {
    // Staged rows meet their key only when they are published.
    if (publishes) memory.staged = withRows(memory.staged, rows, { disposition: 'append', replay }, keyOf)
    else memory.visible = withRows(memory.visible, rows, capabilities, keyOf)
  }

  return {
    name: options.name ?? 'memory',
    capabilities,
    visible: group => memory.visible.filter(row => group === undefined || row.group === group).map(row => row.record),
    readBack: {
      formOf: record => toJson(record) as StoredForm,
      async *records({ name }, { load }) {
        const rows = memory.visible.filter(row => row.group === name && row.loadId === load.loadId)
        yield rows.map(({ record }) => toJson(record) as StoredForm)
      },
    },
    async open(ctx) {
      if (publishes && replay === 'idempotent' && cursor === 'outside') memory.staged = withoutUnsaved(memory.staged, ctx)
      return memoryWriter(memory, ctx, capabilities, store, options.refuse)
    },
    async discard(loadId, ctx) {
      memory.cleaned.set(loadId, ctx.load.epoch)
      memory.staged = memory.staged.filter(row => row.loadId !== loadId)
      for (const key of memory.cursors.keys()) if (key.startsWith(`${loadId}/`)) memory.cursors.delete(key)
    },
    ...(publishes && {
      async publish(group, ctx) {
        const splits = group.receipts.map(({ split }) => split.id)
        const { loadId, epoch } = ctx.load
        // An owner that slept meanwhile: what it would publish is gone.
        if (epoch <= (memory.cleaned.get(loadId) ?? 0)) throw cleanedUp(group.name, loadId)
        memory.visible = published(memory.visible, memory.staged, { name: group.name, splits, loadId }, capabilities, keyOf)
        const bytes = memory.visible.filter(row => row.group === group.name).length
        return { objects: [{ place: `memory:${group.name}`, bytes, change: 'replaced' as const }] }
      },
    }),
  }
}

/**
 * What an earlier attempt staged and state does not know of will be written again, perhaps in other batches. What a later owner staged is
 * not this one's to judge: it may have slept since it was given `resume`.
 */
function withoutUnsaved<T>(staged: StoredRows<T>, ctx: SplitContext): StoredRows<T> {
  const kept = new Set((ctx.resume?.kept as readonly string[] | undefined) ?? [])
  const mine = (row: StoredRow<T>) => row.loadId === ctx.load.loadId && row.split === ctx.split.id
  return staged.filter(row => !mine(row) || row.epoch > ctx.load.epoch || kept.has(row.batchId))
}

function memoryWriter<T>(
  memory: Memory<T>,
  ctx: SplitContext,
  { durableAt, cursor }: SinkCapabilities,
  store: (rows: StoredRows<T>) => void,
  refuse: MemorySinkOptions<T>['refuse'],
): SinkWriter<T> {
  const { loadId, epoch } = ctx.load
  const key = `${loadId}/${ctx.split.id}`
  const before = memory.cursors.get(key)
  if (cursor === 'inTransaction') {
    if (before && before.epoch > epoch) throw succeeded(ctx)
    memory.cursors.set(key, { ...before, epoch })
  }
  const durable = [...((ctx.resume?.kept as readonly string[] | undefined) ?? [])]
  let buffered: { readonly batch: Batch<T>; readonly rows: StoredRows<T> }[] = []
  let newest: Checkpoint | undefined = before?.checkpoint ?? ctx.resume
  let closed = false

  const use = () => {
    if (closed) throw new SinkError('ETL_SINK_CLOSED', `The writer of split "${ctx.split.id}" has ended.`)
  }
  const close = () => {
    use()
    closed = true
    buffered = []
  }
  const keep = () => {
    if (cursor === 'inTransaction' && memory.cursors.get(key)?.epoch !== epoch) throw succeeded(ctx)
    for (const { batch, rows } of buffered) {
      store(rows)
      durable.push(batch.id)
      newest = cursor === 'outside' ? { ...batch.checkpoint, kept: [...durable] } : batch.checkpoint
    }
    if (cursor === 'inTransaction' && newest) memory.cursors.set(key, { epoch, checkpoint: newest })
    buffered = []
  }

  return {
    ...(cursor === 'inTransaction' && before?.checkpoint && { resumeFrom: before.checkpoint }),
    async write(batch) {
      use()
      ctx.signal.throwIfAborted()
      const rejected: { row: number; error: RecordError }[] = []
      const rows: StoredRow<T>[] = []
      for (const [row, record] of batch.rows.toArray().entries()) {
        const reason = refuse?.(record)
        if (reason !== undefined) rejected.push({ row, error: new RecordError('ETL_RECORD_REFUSED', reason) })
        else
          rows.push({
            loadId,
            epoch,
            group: groupOf(ctx.split),
            split: ctx.split.id,
            batchId: batch.id,
            batchNo: batch.checkpoint.batchNo,
            record,
          })
      }
      buffered.push({ batch, rows })
      return { rejected }
    },
    async flush() {
      use()
      if (durableAt === 'commit') return undefined
      keep()
      return newest
    },
    async commit(): Promise<Json> {
      use()
      keep()
      closed = true
      return { batches: durable.length }
    },
    async suspend() {
      close()
    },
    async abort() {
      close()
    },
  }
}

function succeeded(ctx: SplitContext): StateError {
  return new StateError('ETL_STATE_CONFLICT', `Split "${ctx.split.id}" was opened by a later run than epoch ${ctx.load.epoch}.`)
}

function cleanedUp(group: string, loadId: string): StateError {
  return new StateError(
    'ETL_STATE_CONFLICT',
    `Load ${loadId} was published and cleaned up before: group "${group}" is as it left it.`,
  )
}
