import { definePipeline, from, memoryState, run } from '@millrace/etl-core'
import { arraySource, memorySink } from '@millrace/etl-testkit'
import { column, decimalOf } from '@millrace/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { csv, decodeAll, encodeAll, ndjson, parquet } from '../src/index.js'
import { fileOf, recordsIn, runs } from './parquet-tools.js'

const schema = z.object({ id: column.int64(), total: column.decimal(38, 12) })
type Row = z.infer<typeof schema>

/** Through the steps that give text its types. */
async function typed(records: readonly object[]): Promise<Row[]> {
  const sink = memorySink<Row>()
  const build = () =>
    from(arraySource<{ id: string; total: string }>({ splits: { all: records as { id: string; total: string }[] } }))
      .cast({ id: 'int64', total: 'decimal' })
      .validate(schema)
      .into(sink)
  await run(definePipeline({ name: 'p', build }), {}, { state: memoryState() })
  return [...sink.visible()] as Row[]
}

/** Whole numbers that a JavaScript number would round, and decimals of more digits than it has. */
const row = fc.record({
  id: fc.bigInt(2n ** 53n, 2n ** 63n - 1n).chain(id => fc.constantFrom(id, -id)),
  // Ends in a 7: the zeros of what a number holds exactly are nobody's digits.
  total: fc
    .bigInt(10n ** 20n, 10n ** 37n - 1n)
    .chain(n => fc.constantFrom(decimalOf(n * 10n + 7n, 12), decimalOf(-n * 10n - 7n, 12))),
})

describe('whole numbers above 2^53 and long decimals keep every digit', () => {
  it('from CSV and NDJSON through cast and validate into Parquet, and back into CSV', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 10 }), async rows => {
        const lines = rows.map(({ id, total }) => `${id},${total}`)
        const asCsv = `id,total\n${lines.join('\n')}\n`
        const asJson = rows.map(({ id, total }) => `{"id":${id},"total":${total}}`).join('\n')

        const fromCsv = await typed((await decodeAll(csv<object>(), asCsv)).records)
        const fromJson = await typed((await decodeAll(ndjson<object>({ exactNumbers: true }), asJson)).records)
        const stored = await recordsIn<Row>(parquet<Row>(), await fileOf(parquet<Row>(), [fromCsv], schema))

        expect(fromCsv).toEqual(rows)
        expect(fromJson).toEqual(rows)
        expect(stored).toEqual(rows)
        expect(Buffer.from(await encodeAll(csv<Row>(), stored)).toString()).toBe(asCsv)
      }),
      runs(30),
    )
  })
})
