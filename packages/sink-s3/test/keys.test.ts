import { run } from '@millrace/etl-core'
import { arraySource } from '@millrace/etl-testkit'
import { describe, expect, test } from 'vitest'
import { awsClient, lake, pipelineInto, promptly, type Row, rowsOf, textAt } from './support/lake.js'

const awkward = ['a b', 'a+b', '100%', 'a%20b', 'ñandú', '東京', '🚂', "it's (a) *!", 'a&b=c?d#e', 'two  blanks ']

describe('keys of published objects', () => {
  test.each(['as on AWS', 'elsewhere'])('%s may hold blanks, pluses, percents, other scripts and emoji', async where => {
    const server = await lake()
    const place = where === 'elsewhere' ? {} : { client: awsClient(server) }
    const ids = awkward.map((name, index) => [`s${index}`, name] as const)
    const splits = Object.fromEntries(ids.map(([id, name]) => [id, rowsOf(1, name)]))
    const source = () => arraySource<Row>({ splits, group: Object.fromEntries(ids), bookmark: 1 })

    const report = await run(pipelineInto(server, [], { source: source(), place }), {}, promptly)
    const again = await run(pipelineInto(server, [], { source: source(), place }), {}, promptly)

    expect([report.status, again.status]).toEqual(['succeeded', 'unchanged'])
    for (const name of awkward) expect(textAt(server, `out/${name}.csv`)).toBe(`id,name\n0,${name} 0\n`)
  })

  // S3 counts bytes of UTF-8, and `out/` is among them.
  const long = (bytes: number) => `${'ñ/'.repeat(300)}${'x'.repeat(bytes - 'out/'.length - 900 - '.csv'.length)}.csv`

  test('may have 1,024 bytes', async () => {
    const server = await lake()

    const report = await run(pipelineInto(server, rowsOf(1), { objects: { path: long(1_024) } }), {}, promptly)

    expect([report.status, Buffer.byteLength(`out/${long(1_024)}`)]).toEqual(['succeeded', 1_024])
    expect(textAt(server, `out/${long(1_024)}`)).toBe('id,name\n0,row 0\n')
  })

  test('of 1,025 bytes are refused before anything is read, with the number', async () => {
    const server = await lake()
    const source = arraySource<Row>({ splits: { a: rowsOf(1) } })

    await expect(run(pipelineInto(server, [], { source, objects: { path: long(1_025) } }), {}, promptly)).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'ETL_OBJECT_KEY',
      message: expect.stringMatching(/has 1025 bytes in UTF-8, and S3 takes 1024\. Choose a shorter path/),
    })
    expect([source.asked.reads, server.objects('lake').size]).toEqual([[], 0])
  })
})
