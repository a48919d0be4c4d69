import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { digestsOf, filesIn, freshFolder, millrace, published, served, traces } from './world.js'

const api = served()
const header =
  'country_id,country_iso3,country_name,indicator_id,indicator_name,date,year,value,unit,obs_status,decimal,source_id,last_updated'
const two = 'SP.POP.TOTL,NY.GDP.MKTP.CD'
const load = (to: string, flags: readonly string[] = [], indicators = two) =>
  millrace(['run', 'worldbank', '--indicators', indicators, '--countries', 'all', '--api-url', api.url, '--to', to, ...flags])
    .ended

describe('the worldbank command', () => {
  it('writes a dated file and the same as latest, per indicator, in the API order and with its digits', async () => {
    const { folder, to } = freshFolder()

    const { code, report } = await load(to)

    expect(code).toBe(0)
    expect(report?.counts).toMatchObject({ read: 13_250, written: 13_250, rejected: 0 })
    const files = published(folder)
    expect(Object.keys(files).map(name => name.replace(/\d{4}-\d\d-\d\d/, 'day'))).toEqual([
      'NY.GDP.MKTP.CD/day.csv',
      'NY.GDP.MKTP.CD/latest.csv',
      'SP.POP.TOTL/day.csv',
      'SP.POP.TOTL/latest.csv',
    ])
    const [dated, latest] = Object.values(files)
    expect(dated?.equals(latest as Buffer)).toBe(true)
    expect(latest?.subarray(0, header.length + 1).toString()).toBe(`${header}\n`)
    expect(latest?.includes('\r')).toBe(false)
  })

  it('gives every row of the API, unchanged, to any CSV reader', async () => {
    const { folder, to } = freshFolder()
    await load(to, [], 'NY.GDP.MKTP.CD')

    const rows = parse(readFileSync(join(folder, 'NY.GDP.MKTP.CD/latest.csv')), { columns: true }) as Record<string, string>[]
    const answer = await fetch(`${api.url}/country/all/indicator/NY.GDP.MKTP.CD?format=json&per_page=20000`)
    const text = await answer.text()

    const sent = [...text.matchAll(/"date":"([^"]*)","value":(null|[-0-9.eE+]+)/g)].map(([, date, value]) => [
      date,
      value === 'null' ? '' : value,
    ])
    expect(rows.map(row => [row.date, row.value])).toEqual(sent)
    expect(rows).toHaveLength(6_625)
    expect(rows.every(row => row.year === row.date)).toBe(true)
  })

  it('a second run leaves every file untouched: names, bytes, times, state included', async () => {
    const { folder, to } = freshFolder()
    await load(to)
    const before = traces(folder)

    const { code, report } = await load(to)

    expect(code).toBe(0)
    expect(report).toMatchObject({ status: 'unchanged', counts: { read: 0 } })
    expect(traces(folder)).toEqual(before)
  })

  it('writes everything again after the folder was removed, and a file that was removed', async () => {
    const { folder, to } = freshFolder()
    await load(to)
    const before = digestsOf(published(folder))
    rmSync(folder, { recursive: true })
    await load(to)
    const anew = digestsOf(published(folder))
    rmSync(join(folder, 'SP.POP.TOTL/latest.csv'))

    const { report } = await load(to)

    expect(anew).toEqual(before)
    expect(digestsOf(published(folder))).toEqual(before)
    expect(report?.groups.map(({ group, status }) => `${group} ${status}`).sort()).toEqual([
      'NY.GDP.MKTP.CD unchanged',
      'SP.POP.TOTL published',
    ])
  })

  it('leaves nothing of a finished load behind but its manifests and bookmarks', async () => {
    const { folder, to } = freshFolder()

    await load(to)

    const kept = filesIn(folder).filter(name => name.startsWith('_millrace'))
    expect(kept.filter(name => /staging|\bloads\b|tmp/.test(name))).toEqual([])
  })

  it('gives the same bytes with splits of 40 economies, four at once', async () => {
    const [whole, split] = [freshFolder(), freshFolder()]
    await load(whole.to)

    const { report } = await load(split.to, ['--split-economies', '40', '--concurrency', '4'])

    expect(report?.splits).toHaveLength(14)
    expect(digestsOf(published(split.folder))).toEqual(digestsOf(published(whole.folder)))
  })

  it('replaces the files for another selection and says so', async () => {
    const { folder, to } = freshFolder()
    await load(to, [], 'SP.POP.TOTL')

    const { code, report } = await load(to, ['--date', '2020:2024', '--aggregates', 'drop'], 'SP.POP.TOTL')

    const rows = parse(published(folder)['SP.POP.TOTL/latest.csv'] as Buffer, { columns: true }) as Record<string, string>[]
    expect(code).toBe(0)
    expect(report?.notes.join()).toContain('Loaded anew and replaced')
    expect(new Set(rows.map(row => row.year))).toEqual(new Set(['2020', '2021', '2022', '2023', '2024']))
    expect(rows.some(row => row.country_iso3 === 'WLD')).toBe(false)
  })

  it('fails only the group of an indicator that does not exist, with the message of the API, and exits 1', async () => {
    const { folder, to } = freshFolder()

    const { code, report } = await load(to, [], 'SP.POP.TOTL,NO.SUCH.THING')

    expect(code).toBe(1)
    expect(Object.keys(published(folder))).toHaveLength(2)
    const failed = report?.groups.find(({ group }) => group === 'NO.SUCH.THING')
    expect(failed).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('provided parameter value is not valid') },
    })
  })

  it('says "no data", writes nothing and exits 0 when nothing matches', async () => {
    const { folder, to } = freshFolder()

    const { code, report } = await load(to, ['--date', '2090'], 'SP.POP.TOTL')

    expect(code).toBe(0)
    expect(report).toMatchObject({ reason: 'no data', groups: [{ status: 'no data' }] })
    expect(filesIn(folder)).toEqual([])
  })

  it('writes Parquet with typed columns and the exact digits beside the value', async () => {
    const { folder, to } = freshFolder()

    const { code } = await load(to, ['--format', 'parquet'], 'NY.GDP.MKTP.CD')

    const { asyncBufferFromFile, parquetReadObjects } = await import('hyparquet')
    const file = await asyncBufferFromFile(join(folder, 'NY.GDP.MKTP.CD/latest.parquet'))
    const rows = (await parquetReadObjects({ file })) as Record<string, unknown>[]
    const valued = rows.filter(row => row.value !== null)
    expect(code).toBe(0)
    expect(rows).toHaveLength(6_625)
    expect(Object.keys(rows[0] ?? {})).toEqual([...header.split(',').slice(0, 8), 'value_text', ...header.split(',').slice(8)])
    expect(valued.length).toBe(6_625 - 485)
    expect(valued.every(row => typeof row.value === 'number' && row.value === Number(row.value_text))).toBe(true)
    expect(typeof rows[0]?.year).toBe('number')
  })

  it('moves on when the World Bank updates: another dated file, and latest is the new one', async () => {
    const { folder, to } = freshFolder()
    await load(to, [], 'SP.POP.TOTL')
    api.server.update('2027-01-15', { indicator: 'SP.POP.TOTL' })

    const { report } = await load(to, [], 'SP.POP.TOTL')

    const files = digestsOf(published(folder))
    expect(report?.status).toBe('succeeded')
    expect(Object.keys(files)).toHaveLength(3)
    expect(files['SP.POP.TOTL/latest.csv']).toEqual(files['SP.POP.TOTL/2027-01-15.csv'])
  })

  it('runs by its name from any directory, and explains itself', () => {
    const bin = new URL('../../../node_modules/.bin/millrace', import.meta.url).pathname

    const text = execFileSync(bin, ['explain', 'worldbank', '--indicators', 'SP.POP.TOTL'], { cwd: '/', encoding: 'utf8' })

    expect(text).toContain('exactly once')
  })
})

describe('the worldbank command in trouble', () => {
  it('gets through an API that answers HTML, resets and half bodies for a while, with the same bytes', async () => {
    const [calm, rough] = [freshFolder(), freshFolder()]
    await load(calm.to, [], 'NY.GDP.MKTP.CD')
    const at = api.server.requests.length
    for (const [ahead, fault] of (
      ['badGateway', 'requestError', 'reset', 'truncated', 'wrongJson', 'badGateway'] as const
    ).entries()) {
      api.server.failAt(at + 1 + ahead * 2, fault)
    }

    const { code, report } = await load(rough.to, [], 'NY.GDP.MKTP.CD')

    expect(code).toBe(0)
    expect(report?.counts.retries).toBeGreaterThan(0)
    expect(digestsOf(published(rough.folder))).toEqual(digestsOf(published(calm.folder)))
  })

  it('reads again what moved while it was read, and publishes the new day only', async () => {
    const { folder, to } = freshFolder()
    api.server.update('2027-03-03', { indicator: 'NY.GDP.MKTP.CD', fromRequest: api.server.requests.length + 4 })

    const { code } = await load(to, [], 'NY.GDP.MKTP.CD')

    expect(code).toBe(0)
    expect(Object.keys(published(folder))).toEqual(['NY.GDP.MKTP.CD/2027-03-03.csv', 'NY.GDP.MKTP.CD/latest.csv'])
    const days = new Set(
      published(folder)
        ['NY.GDP.MKTP.CD/latest.csv']?.toString()
        .trimEnd()
        .split('\n')
        .slice(1)
        .map(line => line.slice(-10)),
    )
    expect([...days]).toEqual(['2027-03-03'])
  })

  it.each([
    ['an unlisted scheme', 'gs://bucket/x', 'Listed: file:, s3:'],
    ['a password in the place', 'file://user:geheim@host/x', 'holds a password'],
    ['no scheme', './out', 'file:./out'],
  ])('%s in --to is wrong use: exit 2, and what to do', async (_, to, says) => {
    const { code, stderr, stdout } = await load(to, [], 'SP.POP.TOTL')

    expect(code).toBe(2)
    expect(stderr).toContain(says)
    expect(stderr + stdout).not.toContain('geheim')
  })

  it('an API that is not there is exit 1 with one line that names it', async () => {
    const { to } = freshFolder()
    const args = [
      'run',
      'worldbank',
      '--indicators',
      'SP.POP.TOTL',
      '--api-url',
      'http://127.0.0.1:9/v2',
      '--to',
      to,
      // Enough for a slow machine to begin, and less than all attempts take.
      '--deadline',
      '5',
    ]

    const { code, stderr, stdout } = await millrace(args).ended

    expect([1, 3]).toContain(code)
    expect(stderr + stdout).toMatch(/127\.0\.0\.1:9|deadline/)
  })
})
