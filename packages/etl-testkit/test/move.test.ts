import { memoryState, type Removal, type Sink, type Source, type StoredForm } from '@millrace/etl-core'
import { describe, expect, it } from 'vitest'
import { type ContractCase, describeMove, type MoveSuite, memorySink, memoryTable, moveCases } from '../src/index.js'
import { caseNamed, expectFailing } from './failing.js'

interface Row {
  readonly id: number
  readonly text: string
  readonly young?: boolean
}

/** What is wrong with the parts of a world. */
interface Defects {
  source?(source: Source<Row>): Source<Row>
  sink?(sink: Sink<Row>): Sink<Row>
  readonly disposition?: 'replace'
}

function suite(defects: Defects = {}, over: Partial<MoveSuite<Row>> = {}): MoveSuite<Row> {
  return {
    record: id => ({ id, text: `row ${id} – ñ` }),
    young: id => ({ id, text: `row ${id}`, young: true }),
    open() {
      let aged = false
      const table = memoryTable<Row>({ key: ['id'], waits: row => row.young === true && !aged })
      const memory = memorySink<Row>({ publishes: true, disposition: defects.disposition ?? 'append' })
      const ends = { source: defects.source?.(table) ?? table, sink: defects.sink?.(memory) ?? memory, state: memoryState() }
      return {
        open: () => ends,
        add: table.add,
        left: table.rows,
        moved: () => memory.visible(),
        age: () => {
          aged = true
        },
      }
    },
    ...over,
  }
}

describeMove('a table in memory into memory', suite({}, process.env.MILLRACE_TEST_LONG ? {} : { maxPoints: 40, sample: 3 }))

describe('the contract of a move finds', () => {
  const all = (defects: Defects, over: Partial<MoveSuite<Row>> = {}): ContractCase[] =>
    moveCases(suite(defects, { kinds: ['crash'], maxPoints: 30, ...over }))
  const basics = 'what is moved is in the destination, and no longer at the source'
  const dies = 'a move that dies at any call is finished by the next run: no row is ever in neither place, none is moved twice'
  const halfWay = 'a removal that fails half-way, however often, is finished, and what came since stays'
  const removing =
    (change: (removal: Removal) => Partial<Removal>) =>
    (source: Source<Row>): Source<Row> => ({
      ...source,
      removal: { ...(source.removal as Removal), ...change(source.removal as Removal) },
    })

  it('a sink that puts what is moved in the place of what was moved before', async () => {
    const sink = (inner: Sink<Row>): Sink<Row> => ({ ...inner, capabilities: { ...inner.capabilities, disposition: 'append' } })

    await expectFailing(all({ sink, disposition: 'replace' }), 'what is moved later is added to what was moved before', dies)
  })

  it('a removal that says it is done and is not', async () => {
    const source = removing(() => ({ remove: async keys => keys.length }))

    await expectFailing(all({ source }), basics)
  })

  it('a removal that takes more than it is told to', async () => {
    const source = removing(({ remove }) => ({
      remove: (keys, ctx) => remove([...keys, ...keys.map(([id]) => [Number(id) + 1])], ctx),
    }))

    await expectFailing(all({ source }), halfWay, 'rows that arrive while others are moved stay, and the next move takes them')
  })

  it('a source that plans what it reads only while it reads', async () => {
    const source = (inner: Source<Row>): Source<Row> => ({
      ...inner,
      async *read(_, from, ctx) {
        const [split] = (await inner.plan(ctx)).splits
        if (split) yield* inner.read({ ...split, params: [...(split.params as string[])] }, from, ctx)
      },
    })

    await expectFailing(all({ source }), 'rows that arrive while others are moved stay, and the next move takes them')
  })

  it('a destination that reads back what it was given, and not what lies there', async () => {
    const written: Row[] = []
    const sink = (inner: Sink<Row>): Sink<Row> => ({
      ...inner,
      async open(ctx) {
        const writer = await inner.open(ctx)
        return {
          ...writer,
          write(batch) {
            written.push(...batch.rows.toArray())
            return writer.write(batch)
          },
        }
      },
      publish: async () => ({}),
      readBack: {
        formOf: row => ({ ...row }) as StoredForm,
        async *records() {
          yield written.map(row => ({ ...row }) as StoredForm)
        },
      },
    })

    await expect(caseNamed(all({ sink }), basics).run()).rejects.toThrow('a reader of the destination does not see it')
  })

  it('nothing where there can be no move, and says why', async () => {
    const source = ({ removal: _, ...kept }: Source<Row>): Source<Row> => kept

    const kept = await caseNamed(all({ source }), halfWay).run()
    const replacing = await caseNamed(all({ disposition: 'replace' }), dies).run()

    expect(kept).toBe('records of "memory" cannot be removed there')
    expect(replacing).toBe('declared: "memory" puts what is written in the place of what is there')
  })
})
