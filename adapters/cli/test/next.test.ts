import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { command, jsonLines, tempFolder } from './support/command.js'

/** The guide's follower. */
const tell = fileURLToPath(new URL('../../../docs/snippets/several-sinks/tell.ts', import.meta.url))
const followed = fileURLToPath(new URL('./fixtures/followed.ts', import.meta.url))

afterEach(() => {
  delete process.env.TELL_FAILS
})

describe('a pipeline with followers', () => {
  test('runs them in the same process, and shows how they ended', async () => {
    const folder = tempFolder()

    const { code, out } = await command(['run', followed, '--to', `lines:${folder}`], { isTTY: true })

    expect(code).toBe(0)
    expect(out).toMatch(/numbers: succeeded[\s\S]*told: succeeded/)
    expect(readFileSync(join(folder, 'told', 'part-1.ndjson'), 'utf8')).not.toBe('')
  })

  test('can be a command each: none of their parameters is a flag of millrace itself', async () => {
    const { code, out } = await command(['explain', tell, '--at', 'file:./mail', '--after', 'load-1', '--rejected', '1'])

    expect([code, out]).toEqual([0, expect.stringContaining('file:./mail/{loadId}.{ext}, as ndjson')])
  })

  test('has their reports in its own', async () => {
    const { out } = await command(['run', followed, '--to', `lines:${tempFolder()}`, '--json'])

    const last = jsonLines(out).at(-1) as { type: string; report: { next: { pipeline: string; report: { status: string } }[] } }
    expect(last.type).toBe('load.finished')
    expect(last.report.next).toMatchObject([{ pipeline: 'told', report: { status: 'succeeded' } }])
  })

  test('fails when one of them does, and says which error that was', async () => {
    process.env.TELL_FAILS = 'part-1'
    const folder = tempFolder()

    const { code, err, out } = await command(['run', followed, '--to', `lines:${folder}`, '--json'])

    expect(code).toBe(1)
    expect(err).toContain('ETL_SOURCE_')
    expect(jsonLines(out).at(-1)).toMatchObject({ report: { status: 'succeeded', next: [{ report: { status: 'failed' } }] } })
    expect(existsSync(join(folder, 'part-1.ndjson'))).toBe(true)
  })
})
