import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { recordsOf } from '@millrace/etl-core'
import { describe, expect, it } from 'vitest'
import { type CsvOptions, csv } from '../src/index.js'
import { batchesOf, pieces } from './tools.js'

const fixture = (path: string) => readFileSync(fileURLToPath(new URL(`fixtures/${path}`, import.meta.url)))

/** What is read however the bytes come: whole, byte by byte, and cut in two at every place. */
async function readAnyhow(bytes: Buffer, options: CsvOptions = {}) {
  const read = async (...sizes: number[]) => {
    const batches = await batchesOf(csv(options), pieces(bytes, sizes))
    return {
      records: batches.flatMap(({ records }) => [...recordsOf(records)]),
      unreadable: batches.flatMap(({ unreadable = [] }) => unreadable.map(({ raw, error }) => [raw, error.message])),
    }
  }
  const whole = await read(bytes.length)
  for (let cut = 1; cut < bytes.length; cut++) expect(await read(cut, bytes.length), `cut at ${cut}`).toEqual(whole)
  expect(await read(1)).toEqual(whole)
  return whole
}

describe('csv-spectrum', () => {
  const names = readdirSync(fileURLToPath(new URL('fixtures/csv-spectrum/csvs', import.meta.url))).map(file =>
    file.replace('.csv', ''),
  )
  const others = ['location_coordinates']

  it.each(names.filter(name => !others.includes(name)))('%s is read as its JSON says, wherever its bytes are cut', async name => {
    const expected = JSON.parse(fixture(`csv-spectrum/json/${name}.json`).toString())

    expect(await readAnyhow(fixture(`csv-spectrum/csvs/${name}.csv`))).toEqual({ records: expected, unreadable: [] })
  })

  it('location_coordinates has quotes within a field: unreadable, or text where quotes are relaxed', async () => {
    const bytes = fixture('csv-spectrum/csvs/location_coordinates.csv')
    const { records, unreadable } = await readAnyhow(bytes)

    expect(records).toEqual([])
    expect(unreadable.map(([, message]) => message)).toEqual(['A quote stands within a field that does not begin with one.'])
    // Its JSON has another telephone number.
    const expected = JSON.parse(fixture('csv-spectrum/json/location_coordinates.json').toString())
    expect((await readAnyhow(bytes, { relaxQuotes: true })).records).toEqual([
      { ...expected, 'Contact Phone Number': '2095257564', Counties: 'Stanislaus' },
    ])
  })
})

describe('the files of Apache Commons CSV', () => {
  it('test.csv is read as test_default_comment.txt says, but that a blank behind a closing quote makes the quotes text', async () => {
    const [, , , ...rows] = fixture('commons-csv/test_default_comment.txt').toString().replace(',  l ]', ', " l " ]').split('\n')
    const { records, unreadable } = await readAnyhow(fixture('commons-csv/test.csv'), { comment: '#', relaxQuotes: true })

    expect(records.map(record => `4:[${Object.values(record).join(', ')}]`)).toEqual(rows)
    expect(unreadable).toEqual([])
  })

  it('without the dialect of its comments and quotes, each of those lines is told', async () => {
    const { records, unreadable } = await readAnyhow(fixture('commons-csv/test.csv'))

    expect(records).toHaveLength(4)
    expect(unreadable.map(([raw]) => raw)).toEqual([
      '# plain values',
      '# spaces before and after',
      '# quoted: with spaces before and after',
      '" i ", " j " , " k "," l " ',
      '# empty values',
      '# empty quoted values',
      '# 3 empty lines',
      '# EOF on next line',
    ])
  })

  it('testCSV85.csv has comments of several lines, a blank line and no line end at its end', async () => {
    const columns = ['v', 'w', 'x', 'y', 'z']
    const { records } = await readAnyhow(fixture('commons-csv/testCSV85.csv'), { comment: '#', header: false, columns })

    expect(records.map(record => Object.values(record).join(''))).toEqual(['abcef', 'ghijk', 'lmnop'])
  })
})
