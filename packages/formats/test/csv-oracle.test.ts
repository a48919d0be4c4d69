import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CsvOptions, csv, decodeAll, encodeAll } from '../src/index.js'
import { allRecords, batchesOf, nastyText, numRuns, pieces, plain, someSizes } from './tools.js'

const dialects: readonly CsvOptions[] = [
  {},
  { delimiter: ';' },
  { delimiter: '\t', quote: "'" },
  { delimiter: '|', quote: "'", escape: '\\' },
  { emptyText: 'quoted' },
]
const dialect = fc.constantFrom(...dialects)

const parseOptions = ({ delimiter = ',', quote = '"', escape: escapeChar = quote }: CsvOptions) => ({
  delimiter,
  quote,
  escape: escapeChar,
  record_delimiter: ['\r\n', '\n'],
  skip_empty_lines: true,
  bom: true,
})

/** What csv-parse makes of it; `undefined` where it refuses something. */
function parsed(text: Buffer, options: CsvOptions): object[] | undefined {
  const cast = (value: string, { quoting, header }: { quoting: boolean; header: boolean }) =>
    value === '' && !quoting && !header ? null : value
  try {
    return parse(text, { ...parseOptions(options), columns: true, ...(options.emptyText === 'quoted' ? { cast } : {}) } as never)
  } catch {
    return undefined
  }
}

describe('csv-parse as the judge', () => {
  const parts = ['"', "'", '""', ',', ';', '\t', '|', '\n', '\n', '\r\n', 'a', 'b1', ' ', 'é', '漢', '😀', '\\', '\0']
  // Behind a closing quote csv-parse takes a NUL for the end of what there is, and drops it; here it is text behind a quote.
  const body = fc.array(fc.constantFrom(...parts), { maxLength: 24 }).map(each => each.join('').replace(/(?<=["'])\0+/g, ''))

  it('agrees where it reads everything, and where it does not, something is unreadable', async () => {
    await fc.assert(
      fc.asyncProperty(body, dialect, fc.boolean(), someSizes, async (rows, options, mark, sizes) => {
        const text = Buffer.from(`${mark ? '\uFEFF' : ''}x${options.delimiter ?? ','}y\n${rows}`)
        const batches = await batchesOf(csv(options), pieces(text, sizes))
        const judged = parsed(text, options)

        const unread = batches.flatMap(({ unreadable = [] }) => unreadable)
        if (judged === undefined) expect(unread).not.toEqual([])
        else expect({ records: allRecords(batches), unread }).toEqual({ records: judged, unread: [] })
      }),
      { numRuns: 5 * numRuns },
    )
  })

  it('is agreed with wherever a text is cut in two', async () => {
    const text = Buffer.from('\uFEFFa,"b"\r\n1,"x ""é""\r\ny"\r\n\r\n"",漢字\r\n😀,"\n"\r\nlast,"line"')
    const judged = parsed(text, {})
    for (let cut = 1; cut < text.length; cut++) {
      expect(allRecords(await batchesOf(csv(), pieces(text, [cut, text.length]))), `cut at ${cut}`).toEqual(judged)
    }
  })

  it('broken or too long, what comes out does not depend on how the bytes arrive', async () => {
    const bytes = fc.array(fc.constantFrom(...Buffer.from('"",,\n\n\r\rab'), 0xe2, 0x82, 0xac, 0xff), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(bytes, someSizes, fc.integer({ min: 2, max: 12 }), async (rows, sizes, maxRecordBytes) => {
        const text = Buffer.concat([Buffer.from('a\n'), Buffer.from(rows)])
        const read = (by: readonly number[]) =>
          batchesOf(csv(), pieces(text, by), undefined, { maxRecordBytes }).then(
            batches => batches.map(plain),
            error => String(error),
          )

        expect(await read(sizes)).toEqual(await read([1_000]))
      }),
      // A CR that stays and an LF that comes later are no line end, if something between them was let go.
      { numRuns: 3 * numRuns, examples: [[[...Buffer.from('""\r"""\n')], [1], 3]] },
    )
  })
})

describe('csv-stringify as the judge', () => {
  it('writes the same lines', async () => {
    const value = fc.oneof(
      nastyText,
      fc.constant(null),
      fc.constant(''),
      fc.constant('\uFEFFa'),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    )
    const records = fc.array(fc.record({ a: value, b: value, c: nastyText }), { minLength: 1, maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(records, dialect, async (rows, options) => {
        const { delimiter = ',', quote = '"', escape: escapeChar = quote, emptyText } = options
        const judged = stringify(rows, {
          header: true,
          ...{ delimiter, quote, escape: escapeChar },
          quoted_match: [/^\ufeff/, ...(emptyText === 'quoted' ? [/^$/] : [])],
          cast: { number: String },
        })

        expect(Buffer.from(await encodeAll(csv<object>(options), rows)).toString()).toBe(judged)
      }),
      { numRuns },
    )
  })
})

describe('many columns', () => {
  it.each([199, 201, 10_000])('%d are read as they were written', async count => {
    const record = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`c${index}`, index % 3 === 0 ? `"${index}"` : `é${index}`]),
    )
    const bytes = await encodeAll(csv<object>(), [record, record])

    expect(await decodeAll(csv(), bytes)).toEqual({ records: [record, record], unreadable: [] })
  })

  it.each(['__proto__', 'constructor', 'toString', 'a"b', "a'b", '\u2028', '$x'])(
    'one called %j is a field like others',
    async name => {
      const others = ['b', ...Array.from({ length: 300 }, (_, index) => `c${index}`)]
      for (const names of [
        [name, 'b'],
        [name, ...others],
      ]) {
        const header = names.map(each => `"${each.replaceAll('"', '""')}"`).join(',')
        const { records } = await decodeAll(csv(), `${header}\n${names.map((_, index) => index).join(',')}\n`)

        expect(Object.entries(records[0] as object)).toEqual(names.map((each, index) => [each, String(index)]))
        expect(Object.getPrototypeOf(records[0])).toBe(Object.prototype)
      }
    },
  )
})

it('reads the same where no code may be made from text', () => {
  const program = `
    import { csv, decodeAll } from '@millrace/formats'
    const { records } = await decodeAll(csv({ emptyText: 'quoted' }), 'a,__proto__,c\\n1,"x ""y""",\\n"",é,3\\n')
    console.log(JSON.stringify(records.map(Object.entries)))`
  const run = (...flags: string[]) =>
    execFileSync(process.execPath, [...flags, '--input-type=module', '-e', program], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      encoding: 'utf8',
    })

  expect(run('--disallow-code-generation-from-strings')).toBe(run())
  expect(JSON.parse(run())).toEqual([
    [
      ['a', '1'],
      ['__proto__', 'x "y"'],
      ['c', null],
    ],
    [
      ['a', ''],
      ['__proto__', 'é'],
      ['c', '3'],
    ],
  ])
})
