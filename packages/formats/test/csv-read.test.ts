import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isEtlError, recordsOf } from '@millrace/etl-core'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csv, decodeAll } from '../src/index.js'
import { allRecords, batchesOf, nastyText, numRuns, pieces, plain, someSizes } from './tools.js'

const read = (text: string | Uint8Array, options = {}) => decodeAll(csv(options), text)
const bad = async (text: string | Uint8Array, options = {}) =>
  (await read(text, options)).unreadable.map(({ raw, position, error }) => ({
    raw,
    position,
    code: error.code,
    message: error.message,
  }))

describe('reading good CSV', () => {
  it.each([
    ['plain lines', 'a,b\n1,2\n3,4\n'],
    ['no line end at the end', 'a,b\n1,2\n3,4'],
    ['CRLF', 'a,b\r\n1,2\r\n3,4\r\n'],
    ['CR alone', 'a,b\r1,2\r3,4\r'],
    ['LF, and a CR at the very end', 'a,b\n1,2\n3,4\r'],
    ['LF and CRLF mixed', 'a,b\n1,2\r\n3,4\n'],
    ['a byte order mark', '\uFEFFa,b\n1,2\n3,4\n'],
    ['a byte order mark before a quote', '\uFEFF"a",b\n1,2\n3,4\n'],
    ['blank lines', '\na,b\n\n1,2\n\r\n3,4\n\n'],
    ['everything quoted', '"a","b"\n"1","2"\n"3","4"\n'],
  ])('reads %s', async (_, text) => {
    expect(await read(text)).toEqual({
      records: [
        { a: '1', b: '2' },
        { a: '3', b: '4' },
      ],
      unreadable: [],
    })
  })

  it.each([
    ['a quoted delimiter', '"x,y"', 'x,y'],
    ['a doubled quote', '"x ""y"" z"', 'x "y" z'],
    ['a quoted line feed', '"x\ny"', 'x\ny'],
    ['a quoted CRLF', '"x\r\ny"', 'x\r\ny'],
    ['an empty field', '', ''],
    ['an empty quoted field', '""', ''],
    ['nothing but a quote', '""""', '"'],
    ['blanks around', '  x ', '  x '],
    ['a carriage return within a line', 'x\ry', 'x\ry'],
    ['a NUL', 'x\0y', 'x\0y'],
  ])('reads %s', async (_, field, value) => {
    expect(await read(`a,b\n${field},2\n`)).toEqual({ records: [{ a: value, b: '2' }], unreadable: [] })
  })

  it.each([
    ['', 'nothing'],
    ['\n\n', 'blank lines only'],
    ['a,b\n', 'a header only'],
    ['a,b', 'a header without a line end'],
    ['\uFEFF', 'a mark only'],
  ])('finds no records in %j (%s)', async text => {
    expect(await read(text)).toEqual({ records: [], unreadable: [] })
  })

  it('reads other dialects', async () => {
    const options = { delimiter: ';', quote: "'", escape: '\\' }

    expect((await read("a;b\n'x\\';\\\\y';2\n", options)).records).toEqual([{ a: "x';\\y", b: '2' }])
  })

  it('names the fields by `columns` where there is no header', async () => {
    expect((await read('1,2\n', { header: false, columns: ['a', 'b'] })).records).toEqual([{ a: '1', b: '2' }])
  })

  it('keeps a blank line in a file of one column: it is an empty field', async () => {
    expect((await read('a\n1\n\n2\n')).records).toEqual([{ a: '1' }, { a: '' }, { a: '2' }])
  })

  it('tells null from empty text where asked to', async () => {
    expect((await read('a,b\n,""\n', { emptyText: 'quoted' })).records).toEqual([{ a: null, b: '' }])
  })

  it('keeps a field called __proto__', async () => {
    const { records } = await read('__proto__,b\nx,2\n')

    expect(Object.entries(records[0] as object)).toEqual([
      ['__proto__', 'x'],
      ['b', '2'],
    ])
  })

  it('says where each record stood', async () => {
    const [batch] = await batchesOf(csv(), pieces('\uFEFFa,b\n"x\ny",2\n\n3,4\n', [3]))

    expect([0, 1].map(row => batch?.positionOf?.(row))).toEqual([
      { line: 2, byte: 7 },
      { line: 5, byte: 16 },
    ])
  })
})

describe('lines behind a line end that is escaped within quotes', () => {
  it.each(['\n', '\r\n', '\r'])('are counted where lines end in %j', async end => {
    const text = ['a,b', "'x\\", "y',2", '3,4', ''].join(end)
    const [batch] = await batchesOf(csv({ quote: "'", escape: '\\' }), pieces(text, [3]))

    expect(allRecords(batch ? [batch] : [])[0]).toEqual({ a: `x${end}y`, b: '2' })
    expect(batch?.positionOf?.(1)).toMatchObject({ line: 4 })
  })
})

describe('lines of a file that ends them with CR', () => {
  it('are counted within quotes too', async () => {
    const [batch] = await batchesOf(csv(), pieces('a,b\r"x\ry",2\r3,4\r', [3]))

    expect(batch?.positionOf?.(1)).toEqual({ line: 4, byte: 12 })
  })
})

describe('reading CSV that is broken', () => {
  it('gives rows of the wrong length as unreadable and reads on', async () => {
    const { records } = await read('a,b\n1\n3,4\n5,6,7\n')

    expect(records).toEqual([{ a: '3', b: '4' }])
    expect(await bad('a,b\n1\n3,4\n5,6,7\n')).toEqual([
      {
        raw: '1',
        position: { line: 2, byte: 4, column: 'b' },
        code: 'ETL_RECORD_UNPARSABLE',
        message: 'The row has 1 field and the header 2.',
      },
      {
        raw: '5,6,7',
        position: { line: 4, byte: 10, column: 3 },
        code: 'ETL_RECORD_UNPARSABLE',
        message: 'The row has 3 fields and the header 2.',
      },
    ])
  })

  it('tells a column without a name by its number in the position, not as the path of a field', async () => {
    const [batch] = await batchesOf(csv(), pieces('a,b\n5,6,7\n5,6,x"y\n', [64]))

    expect(batch?.unreadable?.map(({ position, error }) => [position, error.path])).toEqual([
      [{ line: 2, byte: 4, column: 3 }, []],
      [{ line: 3, byte: 10, column: 3 }, []],
    ])
  })

  it.each([
    ['a stray quote', '1,x"y', 'A quote stands within a field that does not begin with one.', 'b'],
    ['text behind a quote', '"x"y,2', 'Text follows the closing quote of a field.', 'a'],
    ['a blank behind a quote', '"x" ,2', 'Text follows the closing quote of a field.', 'a'],
    ['a blank before a quote', '1, "x"', 'A quote stands within a field that does not begin with one.', 'b'],
    ['a NUL behind a quote', '"x"\0,2', 'Text follows the closing quote of a field.', 'a'],
  ])('gives %s as unreadable and reads on at the next line', async (_, line, message, column) => {
    const text = `a,b\n${line}\n3,4\n`

    expect(await bad(text)).toEqual([
      { raw: line, position: { line: 2, byte: 4, column }, code: 'ETL_RECORD_UNPARSABLE', message },
    ])
    expect((await read(text)).records).toEqual([{ a: '3', b: '4' }])
  })

  it('names the line where a quote was opened that is still open at the end', async () => {
    expect(await bad('a,b\n1,2\n3,"4\n5,6\n')).toEqual([
      {
        raw: '3,"4\n5,6\n',
        position: { line: 3, byte: 8, column: 'b' },
        code: 'ETL_RECORD_UNPARSABLE',
        message: 'A quote is opened and never closed.',
      },
    ])
  })

  it('gives text that is not UTF-8 as unreadable, and never replaces it', async () => {
    const text = Buffer.concat([Buffer.from('a,b\n1,"ñ\n'), Buffer.from([0xff]), Buffer.from('"\n3,€\n')])

    expect(await bad(text)).toEqual([
      {
        raw: '1,"ñ\n\uFFFD"',
        position: { line: 2, byte: 4, column: 'b' },
        code: 'ETL_RECORD_UNPARSABLE',
        message: 'The text is not UTF-8.',
      },
    ])
    expect((await read(text)).records).toEqual([{ a: '3', b: '€' }])
  })

  it.each([
    ['a\n', 4],
    [`"${'x\n'.repeat(19)}"\n`, 23],
  ])('passes over a record that is too long: %j', async (long, line) => {
    const filler = long.length < 5 ? `${'y'.repeat(30)},2\n` : `${long.trimEnd()},2\n`
    const input = pieces(`a,b\n1,2\n${filler}3,4\n`, [5])
    const batches = await batchesOf(csv(), input, undefined, { maxRecordBytes: 10 })

    expect(allRecords(batches)).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ])
    const [found] = batches.flatMap(batch => batch.unreadable ?? [])
    expect(found?.error.message).toBe('The record is longer than the 10 bytes allowed.')
    expect(found).toMatchObject({ position: { line: 3, byte: 8 }, raw: `${filler.slice(0, 10)}…` })
    expect(batches.at(-1)?.positionOf?.(0)).toEqual({ line, byte: 8 + filler.length })
  })

  it('gives up where a quote is still open after too many bytes', async () => {
    const reading = batchesOf(csv(), pieces(`a,b\n1,"2${'\n3,4'.repeat(20)}`, [64], 'file:x.csv'), undefined, {
      maxRecordBytes: 30,
    })

    await expect(reading).rejects.toMatchObject({
      code: 'ETL_SOURCE_MALFORMED',
      message: expect.stringContaining('file:x.csv, line 2'),
    })
  })

  it.each([
    ['a,,b,\n1,2,3,4\n', 'the header has no name in column 2, 4.'],
    ['a,b,a\n1,2,3\n', 'the header has "a" more than once.'],
    ['a,b"c\n1,2\n', 'the header cannot be read.'],
    ['a,"b\n1,2\n', 'the header cannot be read.'],
  ])('refuses the header of %j', async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'ETL_SOURCE_MALFORMED', message: expect.stringContaining(message) })
  })

  it('refuses a header that lacks a column that was asked for', async () => {
    const error = await read('a,b\n', { columns: ['a', 'c'] }).catch(thrown => thrown)

    expect(isEtlError(error, 'ETL_SOURCE_MALFORMED') && error.message).toBe(
      'memory, line 1: the header lacks "c"; it has "a", "b".',
    )
  })

  it('cannot read without a header and without names', async () => {
    await expect(read('1,2\n', { header: false })).rejects.toMatchObject({ code: 'ETL_CONFIG_INVALID' })
  })

  it('reads any bytes at all without an exception, apart from a header that is none', async () => {
    const bytes = fc.array(fc.constantFrom(...Buffer.from('"",,\n\r\nab 1'), 0xe2, 0x82, 0xff, 0), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(bytes, someSizes, async (body, sizes) => {
        const input = pieces(Buffer.concat([Buffer.from('a,b\n'), Buffer.from(body)]), sizes)
        for (const batch of await batchesOf(csv(), input)) {
          for (const record of recordsOf(batch.records)) expect(Object.keys(record)).toEqual(['a', 'b'])
        }
      }),
      { numRuns },
    )
  })
})

describe('reading CSV in pieces', () => {
  it('gives what csv-parse gives, wherever the bytes are cut', async () => {
    const row = fc.tuple(nastyText, nastyText, nastyText)
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 8 }),
        fc.constantFrom('\n', '\r\n'),
        someSizes,
        async (rows, lineEnd, sizes) => {
          const text = ['a,b,c', ...rows.map(fields => fields.map(quote).join(','))].join(lineEnd)
          const batches = await batchesOf(csv(), pieces(text, sizes))

          expect(allRecords(batches)).toEqual(parse(text, { columns: true, record_delimiter: lineEnd }))
        },
      ),
      { numRuns },
    )
  })

  const long = `a,b\n${Array.from({ length: 9_000 }, (_, row) => `${row},"é ""${row}"" ${'x'.repeat(row % 50)}\n"`).join('\r\n')}\r\nbad\n1,"`

  it('makes batches of about 64 KiB whose borders do not depend on how the bytes arrive', async () => {
    const whole = (await batchesOf(csv(), pieces(long, [1 << 20]))).map(plain)
    const inPieces = (await batchesOf(csv(), pieces(long, [1_000, 7, 70_001]))).map(plain)

    expect(whole.length).toBe(Math.ceil(Buffer.byteLength(long) / 65_570))
    expect(inPieces).toEqual(whole)
  })

  it('goes on from every cursor with exactly the rest', async () => {
    const batches = (await batchesOf(csv(), pieces(long, [65_536]))).map(plain)

    for (const [index, { cursor }] of batches.entries()) {
      const rest = (await batchesOf(csv(), pieces(long, [50_000]), JSON.parse(JSON.stringify(cursor)))).map(plain)
      expect(rest).toEqual(batches.slice(index + 1))
    }
  })

  it('counts every byte once', async () => {
    const batches = await batchesOf(csv(), pieces(long, [65_536]))

    expect(batches.reduce((sum, batch) => sum + (batch.bytes ?? 0), 0)).toBe(Buffer.byteLength(long))
  })

  it.each([
    ['LF, so a CR behind the cursor is text', '1,x\ry\n'],
    ['CR', '1,2\r'],
  ])('remembers in the cursor that lines end with %s', async (_, line) => {
    const text = `a,b${line.slice(-1)}${line.repeat(20_000)}`
    const batches = await batchesOf(csv(), pieces(text, [65_536]))
    const rest = await batchesOf(csv(), pieces(text, [65_536]), batches[0]?.cursor)

    expect(allRecords(batches)).toHaveLength(20_000)
    expect(rest.map(plain)).toEqual(batches.slice(1).map(plain))
  })

  it('stops at the signal, even while it waits for bytes', async () => {
    const control = new AbortController()
    let closed = false
    const input = {
      ...pieces('', [1]),
      async *stream() {
        try {
          yield Buffer.from('a,b\n')
          setImmediate(() => control.abort(new Error('enough')))
          await new Promise(resolve => setTimeout(resolve, 30))
          yield Buffer.from('1,2\n')
        } finally {
          closed = true
        }
      },
    }
    await expect(batchesOf(csv(), input, undefined, { signal: control.signal })).rejects.toThrow('enough')
    await expect.poll(() => closed).toBe(true)
  })

  it('closes its input when the reader leaves early, and reads no further than it was asked', async () => {
    let pulled = 0
    let closed = false
    const input = {
      ...pieces('', [1]),
      async *stream() {
        try {
          yield Buffer.from('a,b\n')
          for (;;) {
            pulled++
            yield Buffer.from('1,2\n'.repeat(16_384))
          }
        } finally {
          closed = true
        }
      },
    }
    for await (const _ of csv().decode(input, undefined)) break

    expect({ closed, pulled }).toEqual({ closed: true, pulled: 1 })
  })
})

it('a copy of a field that is kept holds nothing of its batch', async () => {
  setFlagsFromString('--expose-gc')
  const heldBytes = () => {
    runInNewContext('gc')()
    return process.memoryUsage().heapUsed
  }
  const block = Buffer.from(`${'a field of more than a few characters,'.repeat(50)}\n`.repeat(30))
  const stream = async function* () {
    for (let at = 0; at < 300; at++) yield block
  }
  const input = { place: 'memory', size: 300 * block.length, stream, range: async () => block }
  const before = heldBytes()
  const kept: string[] = []
  for await (const { records } of csv({ header: false, columns: Array.from({ length: 51 }, (_, at) => `c${at}`) }).decode(
    input,
    undefined,
  ))
    kept.push(Buffer.from(recordsOf(records)[0]?.c0 ?? '').toString())

  expect(kept.length).toBeGreaterThan(200)
  expect(heldBytes() - before).toBeLessThan(5_000_000)
})
