import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { jsonLines, numbers, piped, spawned, tempFolder } from './support/command.js'

describe('millrace as a process', () => {
  test('runs a TypeScript file from any directory and ends with the report', async () => {
    const cwd = tempFolder()
    const { code, out, err } = await spawned(['run', numbers, '--splits', '1'], { cwd }).ended

    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(jsonLines(out).at(-1)).toMatchObject({ type: 'load.finished', report: { status: 'succeeded' } })
    expect(readFileSync(join(cwd, 'out/part-1.ndjson'), 'utf8').split('\n')[0]).toBe('{"split":"part-1","value":1}')
  })

  test('after Ctrl-C flushes, reports stopped and exits with 130; the next run goes on', async () => {
    const cwd = tempFolder()
    let told = false
    const onOut = (text: string, kill: (signal: NodeJS.Signals) => void) => {
      if (told || !text.includes('split.progress')) return
      told = true
      kill('SIGINT')
    }
    const flags = ['run', numbers, '--splits', '1', '--count', '600']
    const first = await spawned([...flags, '--slow-ms', '5'], { cwd, onOut }).ended
    const second = await spawned(flags, { cwd }).ended

    expect(first.code).toBe(130)
    expect(first.err).toContain('Ctrl-C again')
    expect(jsonLines(first.out).at(-1)).toMatchObject({ report: { status: 'stopped', left: 1 } })
    expect(jsonLines(second.out).at(-1)).toMatchObject({ report: { status: 'succeeded', attempt: 2 } })
    expect(readFileSync(join(cwd, 'out/part-1.ndjson'), 'utf8').split('\n')).toHaveLength(601)
  })

  test('a second Ctrl-C ends it at once', async () => {
    const { child, ended } = spawned(['run', numbers, '--slow-ms', '15000', '--stubborn'])
    child.stdout.once('data', () => child.kill('SIGINT'))
    child.stderr.once('data', () => child.kill('SIGINT'))

    expect(await ended).toMatchObject({ code: null, signal: 'SIGINT' })
  })

  test('a reader that leaves (| head) ends its output without a complaint; the load goes on', async () => {
    const cwd = tempFolder()
    const { child, ended } = spawned(['run', numbers, '--count', '40', '--slow-ms', '5'], { cwd })
    child.stdout.once('data', () => child.stdout.destroy())
    const { code, err } = await ended

    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(readFileSync(join(cwd, 'out/part-2.ndjson'), 'utf8').split('\n')).toHaveLength(41)
  })

  describe('whose records go to standard output', () => {
    /** `millrace run piped … | head -n 1`: what is told, and the exit code. */
    const headed = async (...flags: string[]) => {
      const { child, ended } = spawned(['run', piped, ...flags])
      child.stdout.once('data', () => child.stdout.destroy())
      const { code, err } = await ended
      return { code, err }
    }

    test('ends without a word when their reader leaves, with the exit code of SIGPIPE', async () => {
      expect(await headed('--count', '1000000')).toEqual({ code: 141, err: '' })
    })

    test('stops reading at once then, also where records come slowly', async () => {
      const startedAtMs = performance.now()

      expect(await headed('--count', '1000', '--slow-ms', '100')).toEqual({ code: 141, err: '' })
      expect(performance.now() - startedAtMs).toBeLessThan(20_000)
    })

    test('tells programs that it stopped, on stderr', async () => {
      const { code, err } = await headed('--count', '1000000', '--json')

      expect(code).toBe(141)
      expect(jsonLines(err).at(-1)).toMatchObject({ type: 'load.finished', report: { status: 'stopped' } })
    })
  })

  test('does not hang on what a pipeline forgot to close', async () => {
    const { code } = await spawned(['run', numbers, '--forgetful']).ended

    expect(code).toBe(0)
  })
})
