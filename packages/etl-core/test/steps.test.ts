import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type Flow, RecordError } from '../src/index.js'
import { collect } from './collect.js'

const people = [
  { id: 1, name: 'Ada', note: '' },
  { id: 2, name: 'Bob', note: 'x' },
  { id: 3, name: 'Cleo', note: '' },
]

describe('steps', () => {
  it('map makes one record of each', async () => {
    const { written } = await collect([people], flow => flow.map(({ id }) => id * 10))

    expect(written).toEqual([10, 20, 30])
  })

  it('flatMap makes none, one or several, in order', async () => {
    const { written } = await collect([people], flow => flow.flatMap(({ id, name }) => Array<string>(id - 1).fill(name)))

    expect(written).toEqual(['Bob', 'Cleo', 'Cleo'])
  })

  it('filter counts what it leaves out', async () => {
    const { written, report } = await collect([people], flow => flow.filter(({ id }) => id !== 2))

    expect(written.map(({ id }) => id)).toEqual([1, 3])
    expect(report.counts).toMatchObject({ read: 3, written: 2, dropped: 1, rejected: 0 })
  })

  it('select keeps fields in the order asked for, and omit leaves fields out', async () => {
    const selected = await collect([people], flow => flow.select('name', 'id'))
    const omitted = await collect([people], flow => flow.omit('note'))

    expect(JSON.stringify(selected.written[0])).toBe('{"name":"Ada","id":1}')
    expect(JSON.stringify(omitted.written[0])).toBe('{"id":1,"name":"Ada"}')
  })

  it('rename keeps a field in its place and replaces one that stands at the new name', async () => {
    const moved = await collect([people], flow => flow.rename({ id: 'key' }))
    const replaced = await collect([people], flow => flow.rename({ name: 'note' }))

    expect(JSON.stringify(moved.written[0])).toBe('{"key":1,"name":"Ada","note":""}')
    expect(JSON.stringify(replaced.written[1])).toBe('{"id":2,"note":"Bob"}')
  })

  it('derive computes every field from the record as it came in', async () => {
    const { written } = await collect([people], flow => flow.derive({ id: p => p.id + 1, before: p => p.id }))

    expect(written[0]).toEqual({ id: 2, name: 'Ada', note: '', before: 1 })
  })

  it('never changes the records the source handed over', async () => {
    const frozen = people.map(person => Object.freeze({ ...person }))

    const { report } = await collect([frozen], flow =>
      flow
        .derive({ x: () => 1 })
        .rename({ id: 'key' })
        .omit('note'),
    )

    expect(report.status).toBe('succeeded')
    expect(frozen[0]).toEqual(people[0])
  })

  it('eachAsync keeps order and its bound', async () => {
    let open = 0
    let most = 0
    const call = async ({ id }: { id: number }) => {
      most = Math.max(most, ++open)
      await new Promise(resolve => setTimeout(resolve, 10 - id * 3))
      open--
      return id
    }

    const { written } = await collect([people], flow => flow.eachAsync(call, { concurrency: 2 }))

    expect(written).toEqual([1, 2, 3])
    expect(most).toBe(2)
  })

  it.each<[string, (flow: Flow<(typeof people)[number]>) => Flow<unknown>]>([
    ['map', flow => flow.map((async () => 1) as unknown as () => number)],
    ['filter', flow => flow.filter((async () => true) as unknown as () => boolean)],
    ['derive', flow => flow.derive({ later: async () => 1 })],
  ])('%s refuses a promise, and says where it belongs', async (name, steps) => {
    const { report } = await collect([people], steps)

    expect(report.error).toMatchObject({
      code: 'ETL_STEP_FAILED',
      message: expect.stringMatching(new RegExp(`Step \\d ${name} failed.*a promise.*eachAsync`, 's')),
    })
  })

  it('through works on whole batches and may not emit from a record that is not there', async () => {
    const pairs = {
      name: 'pairs',
      apply: (rows: readonly { id: number }[], emit: (n: number, from: number) => void) => emit(rows.length, 0),
    }
    const wrong = { name: 'wrong', apply: (_: readonly unknown[], emit: (n: number, from: number) => void) => emit(1, 9) }

    const good = await collect([people, people.slice(1)], flow => flow.through(pairs))
    const bad = await collect([people], flow => flow.through(wrong))

    expect(good.written).toEqual([3, 2])
    expect(bad.report).toMatchObject({ status: 'failed', error: { code: 'ETL_STEP_FAILED' } })
  })

  it('a field may have any name', async () => {
    const row = JSON.parse('{"__proto__":1,"constructor":2,"x":3}') as Record<string, number>

    const { written } = await collect([[row]], flow =>
      flow
        .derive({ y: r => r.x ?? 0 })
        .rename({ x: 'z' })
        .omit('nothing')
        .select('__proto__', 'constructor', 'z', 'toString'),
    )

    expect(JSON.stringify(written[0])).toBe('{"__proto__":1,"constructor":2,"z":3}')
  })

  it('changes rows, never batch borders', async () => {
    const { batches } = await collect([people, [], people.slice(0, 1)], flow => flow.filter(({ id }) => id > 1))

    expect(batches.map(batch => batch.length)).toEqual([2, 0, 0])
  })

  it('a RecordError rejects the record, any other error fails the split and names step and record', async () => {
    const rejecting = await collect([people], flow =>
      flow.map(p => {
        if (p.id === 2) throw new RecordError('ETL_RECORD_INVALID', 'no twos', { path: ['id'] })
        return p.id
      }),
    )
    const failing = await collect([people], flow => flow.filter(() => true).map(p => (p as unknown as { x: { y: 1 } }).x.y))

    expect(rejecting.written).toEqual([1, 3])
    expect(rejecting.rejects).toMatchObject([{ row: 1, stage: '1 map', raw: people[1], reason: 'id: no twos' }])
    expect(failing.report.error).toMatchObject({ code: 'ETL_STEP_FAILED', message: expect.stringContaining('2 map') })
    expect(failing.report.error?.message).toContain('"row":0')
  })

  it('a source record whose flatMap children fail is rejected whole, once, with all issues', async () => {
    const { written, rejects, report } = await collect([[{ items: [1, -1, 2, -3] }, { items: [5] }]], flow =>
      flow.flatMap(({ items }) => items).validate(z.number().positive()),
    )

    expect(written).toEqual([5])
    expect(rejects).toHaveLength(1)
    expect(rejects[0]).toMatchObject({ row: 0, raw: { items: [1, -1, 2, -3] } })
    expect(rejects[0]?.issues).toHaveLength(2)
    expect(report.counts).toMatchObject({ read: 2, written: 1, rejected: 1 })
  })
})

describe('validate', () => {
  const schema = z.object({ id: z.number().max(2), name: z.string() })

  it('keeps what does not fit as a reject with field and reason', async () => {
    const { written, rejects } = await collect([people], flow => flow.validate(schema))

    expect(written).toEqual([
      { id: 1, name: 'Ada' },
      { id: 2, name: 'Bob' },
    ])
    expect(rejects[0]?.issues[0]).toMatchObject({ code: 'ETL_RECORD_INVALID', path: ['id'] })
  })

  it('takes any Standard Schema, asynchronous ones too', async () => {
    const valibot = v.object({ id: v.pipe(v.number(), v.maxValue(2)), name: v.string() })
    const slow = z.object({ id: z.number() }).refine(async ({ id }) => id !== 1, 'not one')

    const one = await collect([people], flow => flow.validate(valibot))
    const other = await collect([people], flow => flow.validate(slow))

    expect(one.rejects).toHaveLength(1)
    expect(other.rejects.map(reject => reject.reason)).toEqual(['not one'])
  })

  it('drops and counts, or fails at the first, when told to', async () => {
    const dropping = await collect([people], flow => flow.validate(schema, { onInvalid: 'drop' }))
    const failing = await collect([people], flow => flow.validate(schema, { onInvalid: 'fail' }))

    expect(dropping.report.counts).toMatchObject({ written: 2, dropped: 1, rejected: 0 })
    expect(failing.report).toMatchObject({ status: 'failed', error: { code: 'ETL_RECORD_INVALID' } })
  })

  it('counts rejects by the reason the step gives', async () => {
    const { report } = await collect([people], flow =>
      flow.validate(schema, { reason: (issues, record) => `invalid_${issues[0]?.path[0]} of ${record.name}` }),
    )

    expect(report.rejects.byReason).toEqual({ 'invalid_id of Cleo': 1 })
  })

  it('keep: input passes the text as it came, with or without fields the schema does not know', async () => {
    const rows = [{ n: ' 1.50', extra: 'x' }]
    const numeric = z.object({ n: z.coerce.number() })

    const output = await collect([rows], flow => flow.validate(numeric))
    const input = await collect([rows], flow => flow.validate(numeric, { keep: 'input' }))
    const whole = await collect([rows], flow => flow.validate(numeric, { keep: 'input', unknownFields: 'keep' }))

    expect(output.written).toEqual([{ n: 1.5 }])
    expect(input.written).toEqual([{ n: ' 1.50' }])
    expect(whole.written).toEqual(rows)
  })

  it('unknown fields are dropped, kept beside the output, or a reason to reject', async () => {
    const kept = await collect([people.slice(0, 1)], flow => flow.validate(schema, { unknownFields: 'keep' }))
    const rejected = await collect([people.slice(0, 1)], flow => flow.validate(schema, { unknownFields: 'reject' }))

    expect(kept.written).toEqual([people[0]])
    expect(rejected.rejects[0]?.issues).toEqual([{ code: 'ETL_RECORD_INVALID', message: 'unknown field', path: ['note'] }])
  })
})
