import { ConfigError, SinkError } from './errors.js'
import { canonicalJson, type Json, toJson } from './json.js'
import type { RunContext, SplitContext } from './load.js'
import { type MoveSum, noRecords, summing, sumOf } from './move-sum.js'
import type { Moving } from './moving-sink.js'
import type { Group, Published, Sink, SinkWriter, StoredForm } from './sink.js'
import type { Removal } from './source.js'

/** What a split's checkpoint and receipt hold beside those of the sink. Only this file makes and reads these documents. */
interface SumDoc {
  readonly inner: Json
  readonly sum: MoveSum
}

/** Publishes a group, reads it back, compares, and removes at the source what was read back. */
export async function publishMoved<T>(sink: Sink<T>, moving: Moving<T>, group: Group, ctx: RunContext): Promise<Published> {
  const inner = groupInside(group)
  const published = (await sink.publish?.(inner, ctx)) ?? {}
  const written = sumOf(group.receipts.map(({ receipt }) => docOf(receipt)?.sum ?? noRecords))
  await verified(inner, written, moving, ctx)
  return { ...published, removed: await removed(inner, moving, ctx) }
}

/** Sums up what the sink takes. The sum of what is durable travels with the checkpoint, so a stop keeps it. */
export async function openSumming<T>(sink: Sink<T>, moving: Moving<T>, ctx: SplitContext): Promise<SinkWriter<T>> {
  const { resume, ...rest } = ctx
  const before = docOf(resume?.kept)
  const kept = before?.inner ?? null
  const writer = await sink.open({
    ...rest,
    ...(resume && { resume: { cursor: resume.cursor, batchNo: resume.batchNo, ...(kept === null ? {} : { kept }) } }),
  })
  const total = summing(before?.sum)
  const sums = new Map<number, MoveSum>([[resume?.batchNo ?? 0, total.now]])
  return {
    async write(batch) {
      const result = await writer.write(batch)
      const refused = new Set(result.rejected?.map(({ row }) => row))
      batch.rows.toArray().forEach((record, row) => {
        if (refused.has(row)) return
        assertKeyAsRead(record, batch.rawOf(row), moving.removal)
        total.add(withKeys(moving.readBack.formOf(record), moving.removal))
      })
      sums.set(batch.checkpoint.batchNo, total.now)
      return result
    },
    async flush() {
      const checkpoint = await writer.flush()
      const sum = checkpoint && sums.get(checkpoint.batchNo)
      if (!checkpoint || !sum) return undefined
      for (const batchNo of sums.keys()) if (batchNo < checkpoint.batchNo) sums.delete(batchNo)
      return { ...checkpoint, kept: docJson({ inner: checkpoint.kept ?? null, sum }) }
    },
    commit: async () => docJson({ inner: await writer.commit(), sum: total.now }),
    suspend: () => writer.suspend(),
    abort: cause => writer.abort(cause),
  }
}

/** @throws SinkError `ETL_MOVE_UNVERIFIED` when something else is read back than was written. */
async function verified<T>(group: Group, written: MoveSum, { readBack, verify }: Moving<T>, ctx: RunContext): Promise<void> {
  const read = summing()
  for await (const forms of readBack.records(group, ctx)) {
    ctx.signal.throwIfAborted()
    for (const form of forms) read.add(form)
  }
  const { records, sum } = read.now
  if (records === written.records && (verify === 'counts' || sum === written.sum)) return
  const what =
    records === written.records
      ? `${records} records were read back, and their values are not those that were written`
      : `${written.records} records were written and ${records} are read back`
  throw new SinkError('ETL_MOVE_UNVERIFIED', `Group "${group.name}": ${what}. Nothing of it was removed at the source.`, {
    context: { group: group.name, written: { ...written }, readBack: { records, sum } },
  })
}

/** Removes at the source what is read back, and only that: whatever came meanwhile stays. */
async function removed<T>(group: Group, { readBack, removal, removeRows }: Moving<T>, ctx: RunContext): Promise<number> {
  let count = 0
  const keys: Json[][] = []
  const remove = async (atLeast: number) => {
    while (keys.length >= atLeast) {
      ctx.signal.throwIfAborted()
      count += await removal.remove(keys.splice(0, removeRows), ctx)
    }
  }
  for await (const forms of readBack.records(group, ctx)) {
    for (const form of forms) keys.push(removal.key.map(name => form[name] ?? null))
    await remove(removeRows)
  }
  await remove(1)
  return count
}

/** @throws ConfigError when a step took away what a record is known by. */
function withKeys(form: StoredForm, { key }: Removal): StoredForm {
  const missing = key.filter(name => (form[name] ?? null) === null)
  if (missing.length === 0) return form
  throw new ConfigError(
    'ETL_CONFIG_INVALID',
    `A record that is moved has no ${missing.map(name => `"${name}"`).join(' and ')}: without its key it could not be removed at the source.`,
    { context: { key, missing } },
  )
}

/**
 * Under another key another row would be removed.
 * @throws ConfigError when a step changed what a record is known by.
 */
function assertKeyAsRead(record: unknown, raw: Json, { key }: Removal): void {
  const [was, is] = [raw, record] as readonly Readonly<Record<string, unknown>>[]
  const changed = key.filter(name => canonicalJson(toJson(is?.[name] ?? null)) !== canonicalJson((was?.[name] ?? null) as Json))
  // One that is gone is told as missing.
  if (changed.every(name => (is?.[name] ?? null) === null)) return
  throw new ConfigError(
    'ETL_CONFIG_INVALID',
    `A step changed ${changed.map(name => `"${name}"`).join(' and ')} of a record that is moved: by its key it is removed at the source, so ` +
      'steps must leave that as it was read. Put the changed value into a field of its own.',
    { context: { key, changed } },
  )
}

const groupInside = ({ receipts, ...group }: Group): Group => ({
  ...group,
  receipts: receipts.map(({ split, receipt }) => ({ split, receipt: docOf(receipt)?.inner ?? null })),
})

const docJson = (doc: SumDoc): Json => doc as unknown as Json
const docOf = (json: Json | undefined): SumDoc | undefined => (json as unknown as SumDoc | null | undefined) ?? undefined
