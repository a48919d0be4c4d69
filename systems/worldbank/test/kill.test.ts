import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type WorldBankServer, worldBankServer } from '@millrace/source-worldbank/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestsOf, freshFolder, millrace, published, recordings } from './world.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined
let slow: WorldBankServer
let undisturbed: Record<string, Buffer>
const indicators = 'SP.POP.TOTL,NY.GDP.MKTP.CD'
const flags = (to: string, more: readonly string[] = []) => [
  ...['run', 'worldbank', '--json', '--indicators', indicators, '--date', '2015:2024', '--per-page', '500'],
  ...['--api-url', slow.url, '--to', to, '--save-every', '0', '--concurrency', '2', ...more],
]

beforeAll(async () => {
  slow = await worldBankServer({ data: await recordings(), delayMs: 25 })
  const { folder, to } = freshFolder()
  expect((await millrace(flags(to)).ended).code).toBe(0)
  undisturbed = published(folder)
}, 60_000)
afterAll(() => slow?.close())

/** `latest` is either not there, or whole: as long as its dated twin and with a line end. */
function neverHalfWritten(folder: string): void {
  for (const [name, bytes] of Object.entries(published(folder))) {
    expect(bytes.equals(undisturbed[name] as Buffer), `${name} has ${bytes.length} bytes`).toBe(true)
  }
}

describe('kill -9 at any moment', () => {
  // Every page is saved, and every save kills once: by day half a dozen of them.
  const larger = long ? [] : ['--per-page', '1000']
  const moments = long ? Array.from({ length: 24 }, (_, index) => 120 + index * 35) : [420]

  it.each(moments)('after %i ms: a re-run ends with the bytes of an undisturbed run', async afterMs => {
    const { folder, to } = freshFolder()
    const { child, ended } = millrace(flags(to))
    setTimeout(() => child.kill('SIGKILL'), afterMs)
    const first = await ended
    neverHalfWritten(folder)

    const second = await millrace(flags(to)).ended

    expect([first.signal, first.code]).toContain(first.signal === 'SIGKILL' ? 'SIGKILL' : 0)
    expect(second.code, second.stderr).toBe(0)
    expect(digestsOf(published(folder))).toEqual(digestsOf(undisturbed))
  })

  it('again and again: each run goes on from what the one before saved', async () => {
    const { folder, to } = freshFolder()
    let kills = 0
    for (let attempt = 0; attempt < 40; attempt++) {
      const { child, ended } = millrace(flags(to, ['--concurrency', '1', ...larger]))
      child.stdout?.on('data', text => {
        if (String(text).includes('"split.saved"')) child.kill('SIGKILL')
      })
      const { signal } = await ended
      neverHalfWritten(folder)
      if (signal !== 'SIGKILL') break
      kills++
    }

    expect(kills).toBeGreaterThan(3)
    expect(digestsOf(published(folder))).toEqual(digestsOf(undisturbed))
  }, 120_000)
})

describe('Ctrl-C', () => {
  it('checkpoints and exits 130; the next run goes on from there', async () => {
    const { folder, to } = freshFolder()
    const { child, ended } = millrace(flags(to))
    let interrupted = false
    child.stdout?.on('data', text => {
      if (interrupted || !String(text).includes('"split.saved"')) return
      interrupted = true
      child.kill('SIGINT')
    })
    const first = await ended

    const second = await millrace(flags(to)).ended

    expect(first.code).toBe(130)
    expect(first.report?.status).toBe('stopped')
    const resumed = second.events.filter(event => event.type === 'split.started').map(event => event.resumedAtBatch)
    expect(Math.max(...resumed)).toBeGreaterThan(0)
    expect(digestsOf(published(folder))).toEqual(digestsOf(undisturbed))
  })
})

describe('two runs at once over one place', () => {
  it('one wins, the other names it and exits 1, and the files are right', async () => {
    const { folder, to } = freshFolder()

    const ends = await Promise.all([millrace(flags(to)).ended, millrace(flags(to)).ended])

    expect(ends.map(({ code }) => code).sort()).toEqual([0, 1])
    const loser = ends.find(({ code }) => code === 1)
    expect(loser?.stderr).toMatch(/being run by process \d+ on .+ since|taken over/)
    expect(digestsOf(published(folder))).toEqual(digestsOf(undisturbed))
  })

  it('with --wait both succeed', async () => {
    const { folder, to } = freshFolder()

    const ends = await Promise.all([
      millrace(flags(to)).ended,
      millrace(flags(to, ['--wait', '20'])).ended,
      millrace(flags(to, ['--wait', '20'])).ended,
    ])

    expect(ends.filter(({ code }) => code === 0).length).toBeGreaterThanOrEqual(2)
    expect(digestsOf(published(folder))).toEqual(digestsOf(undisturbed))
  })

  it('a paused owner that comes back changes nothing any more', async () => {
    const { folder, to } = freshFolder()
    const { child, ended } = millrace(flags(to, ['--lease', '1']))
    await new Promise<void>(resolve => child.stdout?.on('data', text => String(text).includes('"split.saved"') && resolve()))
    child.kill('SIGSTOP')

    const successor = await millrace(flags(to, ['--wait', '20'])).ended
    const manifest = () => readFileSync(join(folder, 'SP.POP.TOTL/latest.csv'))
    const after = manifest()
    child.kill('SIGCONT')
    const paused = await ended

    expect(successor.code, successor.stderr).toBe(0)
    expect(paused.code).toBe(1)
    expect(paused.stderr).toContain('taken over')
    expect(manifest().equals(after)).toBe(true)
    expect(digestsOf(published(folder))).toEqual(digestsOf(undisturbed))
  })
})
