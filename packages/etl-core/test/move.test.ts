import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  type Checkpoint,
  definePipeline,
  type Flow,
  from,
  type Json,
  listRejects,
  memoryState,
  move,
  RecordError,
  type RunOptions,
  run,
  type Sink,
  type Source,
  SourceError,
  type StateStore,
} from '../src/index.js'
import { dyingState, eager, untilDeath } from './world.js'

interface Row {
  readonly id: number
  readonly text: string
}

const rowsOf = (...ids: readonly number[]): Map<number, Row> => new Map(ids.map(id => [id, { id, text: `row ${id}` }]))

/** A table whose rows can be removed; what is to be read is fixed in the plan, as a cut-off would. */
function tableOf(rows: Map<number, Row>, options: { readonly removing?: () => void } = {}) {
  const removals: number[] = []
  const source: Source<Row> = {
    name: 'table',
    capabilities: { resumable: true, rereads: 'same' },
    async plan() {
      const until = Math.max(0, ...rows.keys())
      return { splits: until === 0 ? [] : [{ id: 'all', params: until }] }
    },
    async *read(split, from) {
      const ids = [...rows.keys()].filter(id => id <= Number(split.params) && id > Number(from ?? 0)).sort((a, b) => a - b)
      for (let at = 0; at < ids.length; at += 2) {
        const some = ids.slice(at, at + 2)
        yield { records: some.flatMap(id => rows.get(id) ?? []), cursor: some.at(-1) as number }
      }
    },
    removal: {
      key: ['id'],
      async remove(keys) {
        options.removing?.()
        removals.push(keys.length)
        return keys.filter(([id]) => rows.delete(Number(id))).length
      },
    },
  }
  return { rows, source, removals }
}

/** An archive that can be read back. What is staged goes with the receipt; each load adds what it has not added yet. */
function archiveOf(options: { readonly spoil?: (row: Row) => Row; readonly refuse?: (row: Row) => boolean } = {}) {
  const { spoil = row => row, refuse = () => false } = options
  const objects = new Map<string, readonly Row[]>()
  const sink: Sink<Row> = {
    name: 'archive',
    capabilities: { disposition: 'append', durableAt: 'flush', replay: 'idempotent', cursor: 'outside' },
    async open(ctx) {
      const staged = [...((ctx.resume?.kept as unknown as Row[] | undefined) ?? [])]
      let last: Checkpoint | undefined
      return {
        async write(batch) {
          const all = batch.rows.toArray()
          staged.push(...all.filter(row => !refuse(row)))
          last = batch.checkpoint
          const error = new RecordError('ETL_RECORD_REFUSED', 'it does not fit')
          return { rejected: all.flatMap((record, row) => (refuse(record) ? [{ row, error }] : [])) }
        },
        flush: async () => last && { ...last, kept: [...staged] as unknown as Json },
        commit: async () => [...staged] as unknown as Json,
        suspend: async () => {},
        abort: async () => {},
      }
    },
    async publish({ receipts }, { load }) {
      for (const { split, receipt } of receipts) objects.set(`${load.loadId}/${split.id}`, receipt as unknown as Row[])
      return {}
    },
    readBack: {
      formOf: row => ({ ...row }),
      async *records({ receipts }, { load }) {
        for (const { split } of receipts) yield (objects.get(`${load.loadId}/${split.id}`) ?? []).map(row => ({ ...spoil(row) }))
      },
    },
  }
  return { sink, ids: () => [...objects.values()].flat().map(({ id }) => id) }
}

const runMove = (
  source: Source<Row>,
  sink: Sink<Row>,
  options: RunOptions & { readonly state: StateStore },
  steps: (flow: Flow<Row>) => Flow<Row> = flow => flow,
) =>
  run(
    definePipeline({ name: 'archiving', build: () => move(steps(from(source)), sink, { removeRows: 2 }) }),
    {},
    { ...eager, ...options },
  )

const sorted = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b)

describe('a move', () => {
  it('removes at the source what has arrived, some rows at a time, and says how many', async () => {
    const { rows, source, removals } = tableOf(rowsOf(1, 2, 3, 4, 5))
    const archive = archiveOf()

    const report = await runMove(source, archive.sink, { state: memoryState() })

    expect(report).toMatchObject({ status: 'succeeded', groups: [{ group: 'all', status: 'published', removed: 5 }] })
    expect([...rows.keys()]).toEqual([])
    expect(sorted(archive.ids())).toEqual([1, 2, 3, 4, 5])
    expect(removals).toEqual([2, 2, 1])
  })

  it('says beforehand that it removes records at the source, also where rejects are copied elsewhere', () => {
    const flow = from(tableOf(rowsOf(1)).source)
    const { sink } = archiveOf()
    const copied = flow.validate(z.object({ id: z.number(), text: z.string() }), { rejectsTo: archiveOf().sink as Sink<unknown> })

    for (const moving of [move(flow, sink), move(copied, sink)])
      expect(moving.explain()).toMatchObject({
        removesAtSource: true,
        guarantee: { reasons: expect.arrayContaining([expect.stringContaining('is removed at the source')]) },
      })
    expect(flow.into(sink).explain()).not.toHaveProperty('removesAtSource')
  })

  it('with nothing to move writes nothing, its state neither', async () => {
    const state = memoryState()

    const report = await runMove(tableOf(new Map()).source, archiveOf().sink, { state })

    expect(report.status).toBe('unchanged')
    for await (const key of state.list('')) expect.fail(key)
  })

  it('leaves what arrives or ages meanwhile, and what a step or the sink does not take', async () => {
    const late: Row = { id: 2.5, text: 'late, and within what was read' }
    const { rows, source } = tableOf(rowsOf(1, 2, 3, 4, 5), { removing: () => rows.set(2.5, late) })
    const archive = archiveOf({ refuse: ({ id }) => id === 4 })
    const state = memoryState()

    const report = await runMove(source, archive.sink, { state }, flow => flow.filter(({ id }) => id !== 5))

    expect(report.status).toBe('succeeded')
    expect(sorted(rows.keys())).toEqual([2.5, 4, 5])
    expect(sorted(archive.ids())).toEqual([1, 2, 3])
    for await (const { raw } of listRejects(state)) expect(raw).toEqual({ id: 4, text: 'row 4' })
  })

  it.each([
    ['another value', (row: Row) => (row.id === 2 ? { ...row, text: 'spoilt' } : row), /their values are not those/],
    [
      'two records for one another',
      (row: Row) => (row.id === 2 ? { ...row, id: 1, text: 'row 1' } : row),
      /their values are not those/,
    ],
  ])('removes nothing when %s is read back', async (_, spoil, says) => {
    const { rows, source } = tableOf(rowsOf(1, 2, 3))

    const report = await runMove(source, archiveOf({ spoil }).sink, { state: memoryState() })

    expect(report).toMatchObject({
      status: 'failed',
      error: { code: 'ETL_MOVE_UNVERIFIED', message: expect.stringMatching(says) },
    })
    expect(sorted(rows.keys())).toEqual([1, 2, 3])
  })

  it('is refused, and removes nothing, where a step takes the key away', async () => {
    const { rows, source } = tableOf(rowsOf(1))
    const keyless = (flow: Flow<Row>) => flow.map(({ text }) => ({ text }) as Row)

    const report = await runMove(source, archiveOf().sink, { state: memoryState() }, keyless)

    expect(report).toMatchObject({
      status: 'failed',
      error: { code: 'ETL_CONFIG_INVALID', message: expect.stringMatching(/no "id"/) },
    })
    expect(rows.size).toBe(1)
  })

  it('is refused, and removes nothing, where a step gives a record the key of another', async () => {
    const { rows, source } = tableOf(rowsOf(1, 2, 3))
    const shifted = (flow: Flow<Row>) => flow.map(({ id, text }) => ({ id: id + 1, text }))

    const report = await runMove(source, archiveOf().sink, { state: memoryState() }, shifted)

    expect(report).toMatchObject({
      status: 'failed',
      error: { code: 'ETL_CONFIG_INVALID', message: expect.stringMatching(/changed "id"/) },
    })
    expect(sorted(rows.keys())).toEqual([1, 2, 3])
  })

  it.each([
    [
      'a sink that replaces what an earlier move brought',
      (source: Source<Row>, sink: Sink<Row>) =>
        move(source, { ...sink, capabilities: { ...sink.capabilities, disposition: 'replace' } }),
      /in the place of what is there/,
    ],
    [
      'a source that keeps its records',
      ({ removal: _, ...source }: Source<Row>, sink: Sink<Row>) => move(source, sink),
      /cannot be removed/,
    ],
    [
      'a sink that cannot be read',
      (source: Source<Row>, { readBack: _, ...sink }: Sink<Row>) => move(source, sink),
      /cannot be read back/,
    ],
    ['no rows at a time', (source: Source<Row>, sink: Sink<Row>) => move(source, sink, { removeRows: 0 }), /removeRows is 0/],
  ])('cannot have %s', (_, make, says) => {
    expect(() => make(tableOf(rowsOf(1)).source, archiveOf().sink)).toThrow(says)
  })

  it('from where nothing can be removed ends before anything is copied, and a move that finds nothing does not ask', async () => {
    const rows = rowsOf(1, 2, 3)
    const { source } = tableOf(rows)
    const archive = archiveOf()
    const check = () => Promise.reject(new SourceError('ETL_SOURCE_DENIED', 'This user may not delete.', { retry: 'never' }))
    const kept = { ...source, removal: { key: ['id'], remove: async () => 0, check } }

    await expect(runMove(kept, archive.sink, { state: memoryState() })).rejects.toThrow('may not delete')
    expect(archive.ids()).toEqual([])
    rows.clear()

    expect((await runMove(kept, archive.sink, { state: memoryState() })).status).toBe('unchanged')
  })
})

/** Processes of one machine: whoever comes next sees that the one before is gone. */
const processNo = (processStart: number) => ({ host: 'here', space: 'here', pid: 1, processStart })

describe('a move that was killed', () => {
  it('at any write of its state is finished by the next run: no row in neither place, none archived twice', async () => {
    for (let atWrite = 0; ; atWrite++) {
      const { rows, source } = tableOf(rowsOf(1, 2, 3, 4, 5))
      const archive = archiveOf()
      const state = memoryState()
      const dying = dyingState(state, atWrite)
      const first = await untilDeath(runMove(source, archive.sink, { state: dying.state, owner: processNo(1) }), dying.died)
      const inEither = new Set([...rows.keys(), ...archive.ids()])

      const second = await runMove(source, archive.sink, { state, owner: processNo(2) })

      expect(sorted(inEither)).toEqual([1, 2, 3, 4, 5])
      expect(['succeeded', 'unchanged']).toContain(second.status)
      expect([...rows.keys()]).toEqual([])
      expect(sorted(archive.ids())).toEqual([1, 2, 3, 4, 5])
      if (first !== 'died') break
      expect(atWrite).toBeLessThan(100)
    }
  })

  it('half-way through the removal removes the rest, and nothing that came since', async () => {
    let left = 1
    const { rows, source } = tableOf(rowsOf(1, 2, 3, 4, 5), {
      removing() {
        if (left-- === 0) throw new Error('the database is gone')
      },
    })
    const archive = archiveOf()
    const state = memoryState()
    const first = await runMove(source, archive.sink, { state })
    rows.set(6, { id: 6, text: 'new' })

    const second = await runMove(source, archive.sink, { state })

    expect(first).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('the database is gone') } })
    expect(second).toMatchObject({ status: 'succeeded', attempt: 2, groups: [{ removed: 3 }] })
    expect(sorted(rows.keys())).toEqual([6])
    expect(sorted(archive.ids())).toEqual([1, 2, 3, 4, 5])
  })

  it('cannot be abandoned: with another layout nothing begins until it is finished', async () => {
    let broken = true
    const { rows, source } = tableOf(rowsOf(1, 2, 3), {
      removing() {
        if (broken) throw new Error('the database is gone')
      },
    })
    const archive = archiveOf()
    const other: Sink<Row> = { ...archive.sink, layout: 'another' }
    const state = memoryState()
    await runMove(source, archive.sink, { state })
    broken = false

    await expect(runMove(source, other, { state })).rejects.toMatchObject({ code: 'ETL_MOVE_UNFINISHED' })
    expect(sorted(rows.keys())).toEqual([1, 2, 3])
    expect((await runMove(source, archive.sink, { state })).status).toBe('succeeded')
    expect((await runMove(source, other, { state })).status).toBe('unchanged')
  })
})
