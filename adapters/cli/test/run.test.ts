import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunReport } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import type { SignalName } from '../src/index.js'
import { command, fileWith, jsonLines, numbers, tempFolder } from './support/command.js'

const orders = fileURLToPath(new URL('fixtures/orders.ts', import.meta.url))
const headless = fileURLToPath(new URL('fixtures/headless.ts', import.meta.url))

const run = (argv: readonly string[], over: Parameters<typeof command>[1] = {}) => {
  const folder = tempFolder()
  return command(['run', numbers, '--to', `lines:${folder}`, ...argv], over).then(result => ({ ...result, folder }))
}
const reportOf = (out: string) => jsonLines(out).at(-1)?.report as RunReport

describe('millrace run, its output', () => {
  test('is one JSON line per event where nobody watches, the report last', async () => {
    const { code, out, err } = await run([])
    const events = jsonLines(out)

    expect(code).toBe(0)
    expect(err).toBe('')
    expect(events[0]).toMatchObject({ type: 'load.started', splits: 2 })
    expect(events.filter(event => event.type === 'load.finished')).toHaveLength(1)
    expect(events.at(-1)).toMatchObject({
      type: 'load.finished',
      pipeline: 'numbers',
      report: { status: 'succeeded', counts: { written: 10 } },
    })
  })

  test('is JSON on a terminal too when asked, and only the report with --quiet', async () => {
    const { out } = await run(['--json', '--quiet'], { isTTY: true })

    expect(jsonLines(out)).toHaveLength(1)
    expect(reportOf(out).status).toBe('succeeded')
  })

  test('is a summary on a terminal: what lies where, what is missing and why, what is promised', async () => {
    const { out, folder } = await run(['--no-even', '--spoilt', '2'], { isTTY: true })

    expect(out).toMatch(/^numbers: succeeded \(/)
    expect(out).toContain(`part-1  published: lines:${folder}/part-1.ndjson (created, 87 B)`)
    expect(out).toContain('read 14, written 6, rejected 4, left out 4')
    expect(out).toContain('of the source: smudges 4')
    expect(out).toContain('4  not a number')
    expect(out).toContain('delivery: exactly once')
  })

  test('tells an error on a terminal once, by its code alone where it shows which group it was', async () => {
    const to = `lines:${tempFolder()}`
    const terminal = { isTTY: true, env: { TERM: 'dumb' } }
    const { out, err } = await command(['run', numbers, '--to', to, '--failing', 'part-1'], terminal)

    expect(`${out}${err}`.match(/Reading part-1 was refused/g)).toHaveLength(1)
    expect(out).toContain('part-1  failed [ETL_SOURCE_DENIED]')
    expect(err).toContain('millrace: Reading part-1 was refused (403). [ETL_SOURCE_DENIED]\n  cause: no key was sent\n')
  })

  test('draws live lines on stderr, and not with --quiet or on a terminal that cannot', async () => {
    expect((await run([], { isTTY: true })).err).toContain('\u001b[')
    expect((await run(['--quiet'], { isTTY: true })).err).toBe('')
    expect((await run([], { isTTY: true, env: { TERM: 'dumb' } })).err).not.toContain('\u001b[')
  })
})

describe('millrace run, its exit code', () => {
  test('is 0 when there was nothing new to say', async () => {
    const { folder } = await run(['--splits', '1'])
    const second = await command(['run', numbers, '--to', `lines:${folder}`, '--splits', '1', '--load-id', 'a'])
    const third = await command(['run', numbers, '--to', `lines:${folder}`, '--splits', '1', '--load-id', 'a'])

    expect([second.code, reportOf(second.out).status]).toEqual([0, 'succeeded'])
    expect([third.code, reportOf(third.out).status]).toEqual([0, 'unchanged'])
  })

  test('is 1 when a group failed, with the reason and its cause on stderr; the others are published', async () => {
    const { code, out, err, folder } = await run(['--failing', 'part-1'])

    expect(code).toBe(1)
    expect(err).toBe('millrace: Reading part-1 was refused (403). [ETL_SOURCE_DENIED]\n  cause: no key was sent\n')
    expect(reportOf(out).status).toBe('failed')
    expect(readFileSync(join(folder, 'part-2.ndjson'), 'utf8').split('\n')).toHaveLength(6)
  })

  test('is 2 for wrong flags, all told at once, and nothing is read', async () => {
    const { code, out, err } = await run([
      '--cuont',
      '3',
      '--splits',
      'x',
      '--mode',
      'fancyy',
      '--memory',
      '0',
      '--max-rejects',
      'some',
    ])

    expect(code).toBe(2)
    expect(jsonLines(out)).toMatchObject([{ type: 'error', error: { code: 'ETL_FLAGS_INVALID' } }])
    for (const text of ['Did you mean --count?', '--splits: ', '--mode: ', '--memory takes', '--max-rejects takes', '5 things']) {
      expect(err).toContain(text)
    }
  })

  test('is 2 for a word without a flag, a flag without its value, and flags before the pipeline', async () => {
    expect((await run(['extra'])).err).toContain('1 word stands without one')
    expect((await run(['--count'])).err).toBe('millrace: --count needs a value. [ETL_FLAGS_INVALID]\n')
    expect((await run(['--count', '--full'])).err).toContain('--count needs a value.')
    expect((await command(['run', '--count', '3', numbers])).err).toContain('The pipeline comes before its flags')
  })

  test('is 2 for a place nobody opens, naming those that can be', async () => {
    const { code, err } = await command(['run', numbers, '--to', 's3://bucket/x'])

    expect(code).toBe(2)
    expect(err).toContain('Listed: lines:')
  })

  test('is 2 for a place of a known scheme, with the package that opens it', async () => {
    const { code, err } = await command(['run', numbers, '--to', 's3://bucket/x'])

    expect(code).toBe(2)
    expect(err).toContain(
      "\n  npm install @millrace/s3, and in the pipeline: import { s3 } from '@millrace/s3' and connectors: [s3].",
    )
    expect((await command(['run', numbers, '--to', 'ftp://x'])).err).not.toContain('npm install')
  })

  test('is 2 for options that are found wrong when the first record is read', async () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'in'))
    writeFileSync(join(folder, 'in/a.csv'), '1,2\n')
    const { code, out, err } = await command(['run', headless, '--folder', `file:${folder}`])

    expect(code).toBe(2)
    expect(reportOf(out)).toMatchObject({ status: 'failed', error: { code: 'ETL_CONFIG_INVALID' } })
    expect(err).toContain('needs "columns"')
  })

  test.each([
    ['--to', 's3://user:hunter2@host/x'],
    ['--to', 'lines://user:hunter2@host/x'],
    ['--to', 'lines:x?password=hunter2'],
    ['--state', 'lines://user:hunter2@host/x'],
  ])('is 2 for a password in a place (%s %s), which is shown nowhere', async (...flags) => {
    const { code, out, err } = await command(['run', numbers, ...flags, '--verbose'])

    expect(code).toBe(2)
    expect(err).toContain('ETL_PLACE_SECRET')
    expect(out + err).not.toContain('hunter2')
  })

  test('is 3 when the deadline came first, and the next run goes on', async () => {
    const { code, out, folder } = await run(['--splits', '1', '--count', '400', '--slow-ms', '5', '--deadline', '1.1'])
    const next = await command(['run', numbers, '--to', `lines:${folder}`, '--splits', '1', '--count', '400'])

    expect(code).toBe(3)
    expect(reportOf(out)).toMatchObject({ status: 'stopped', left: 1 })
    expect([next.code, reportOf(next.out).attempt]).toEqual([0, 2])
    expect(readFileSync(join(folder, 'part-1.ndjson'), 'utf8').split('\n')).toHaveLength(401)
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 3],
  ] as const)('after %s and a flush is %i', async (name, expected) => {
    const handlers = new Map<SignalName, () => void>()
    const onSignal = (signal: SignalName, handle: () => void) => {
      handlers.set(signal, handle)
      return () => handlers.delete(signal)
    }
    const running = run(['--count', '2000', '--slow-ms', '5'], { onSignal })
    setTimeout(() => handlers.get(name)?.(), 400)
    const { code, out } = await running

    expect(code).toBe(expected)
    expect(reportOf(out).status).toBe('stopped')
    expect(handlers.size).toBe(0)
  })
})

describe('millrace run, stopped by Ctrl-C', () => {
  const interrupted = async (flags: readonly string[], afterMs: number) => {
    let interrupt = () => {}
    const onSignal = (signal: SignalName, handle: () => void) => {
      if (signal === 'SIGINT') interrupt = handle
      return () => {}
    }
    const running = run(flags, { onSignal, isTTY: true, env: { TERM: 'dumb' } })
    setTimeout(() => interrupt(), afterMs)
    return running
  }

  test('while planning says that nothing was read and everything is left', async () => {
    const { code, out, err } = await interrupted(['--plan-ms', '5000'], 500)

    expect(code).toBe(130)
    expect(err).toContain('stopping: nothing was read yet. Ctrl-C again ends it at once.')
    expect(out).toMatch(/^numbers: stopped, before anything was begun \(/)
    expect(out).toContain('\n  left: everything; run it again\n')
  })

  test('while reading says that what was read is kept, in one sentence, and what is left', async () => {
    const { code, out, err } = await interrupted(['--splits', '1', '--count', '2000', '--slow-ms', '5'], 800)

    expect(code).toBe(130)
    expect(err).toContain('stopping: what was read is being made durable.')
    expect(out).toMatch(/^numbers: stopped, the run was asked to stop \(/)
    expect(out).toMatch(/\n {2}left: 1 split; run it again and it goes on \(load \S+\)\n/)
  })
})

describe('millrace run, its flags', () => {
  test('reach the run', async () => {
    const { out } = await run(['--concurrency', '1', '--load-id', 'trigger-7', '--spoilt', '3', '--max-rejects', '2'])

    expect(reportOf(out)).toMatchObject({ loadId: 'trigger-7', concurrency: 1, status: 'failed' })
  })

  test('--state keeps state elsewhere', async () => {
    const state = tempFolder()
    const { out } = await run(['--state', `lines:${state}`])

    expect(reportOf(out).state).toBe(`lines:${state}/_millrace`)
    expect((await command(['state', 'show', numbers, '--state', `lines:${state}`])).out).toContain('bookmarks  2 groups')
  })

  test('--state takes a folder, though the pipeline lists no connector for one', async () => {
    const state = `file:${tempFolder()}`
    const { code, out } = await run(['--state', state])
    const shown = await command(['state', 'show', numbers, '--state', state])

    expect(code).toBe(0)
    expect(reportOf(out).state).toContain(state)
    expect(shown.out).toContain('bookmarks  2 groups')
  })

  test('take relative places from the working directory that main was given', async () => {
    const cwd = tempFolder()
    mkdirSync(join(cwd, 'in'))
    writeFileSync(join(cwd, 'in/a.csv'), 'id,amount\n1,10\n')
    const flags = ['--from', 'file:in', '--to', 'file:./out', '--state', 'file:kept']
    const { code } = await command(['run', orders, ...flags], { cwd })
    const shown = await command(['state', 'show', orders, ...flags], { cwd })

    expect(code).toBe(0)
    expect(readdirSync(cwd).sort()).toEqual(['in', 'kept', 'out'])
    expect(shown.out).toContain('orders at file:kept\n')
    expect(shown.out).toContain('a.csv')
  })

  test('--save-every 0 saves after every batch', async () => {
    const saved = async (...flags: string[]) =>
      jsonLines((await run(['--splits', '1', '--count', '10', ...flags])).out).filter(event => event.type === 'split.saved')

    expect((await saved('--save-every', '0')).length).toBeGreaterThan((await saved()).length)
  })

  test('are refused as names of parameters', async () => {
    const text = `export default { name: 'p', connectors: [], examples: [], [Symbol.for('millrace.pipeline')]: true, params: { '~standard': {
      version: 1, vendor: 'x', validate: value => ({ value }), jsonSchema: { input: () => ({ properties: { loadId: {} } }) } } } }`
    const { code, err } = await command(['run', fileWith('p.mjs', text)])

    expect(code).toBe(2)
    expect(err).toContain('the parameter "loadId" (--load-id) has the name of a flag of millrace itself')
  })

  test('are told by --help: parameters with defaults, choices and examples, then how to run, then what is shown', async () => {
    const { code, out } = await command(['run', numbers, '--help'])

    expect(code).toBe(0)
    expect(out).toMatch(/--count <n> +how far to count \(default 5\)/)
    expect(out).toMatch(/--mode <plain\|fancy> +how it looks \(one of plain, fancy; default plain\)/)
    expect(out).toMatch(/--no-even +turns off: keep even numbers/)
    expect(out).toMatch(/destination \(default lines:\.\/out; for example\s+lines:\/data\)/)
    expect(out.indexOf('Parameters:')).toBeLessThan(out.indexOf('How to run:'))
    expect(out.indexOf('How to run:')).toBeLessThan(out.indexOf('What is shown:'))
    expect(out).toContain('--count 10\n      counts to ten')
  })
})

test('an error nobody foresaw shows where in the pipeline it came from, and its stack only with --verbose', async () => {
  const text = `export default { name: 'p', connectors: [], examples: [], params: undefined, [Symbol.for('millrace.pipeline')]: true,
    build() { return undefined.into } }`
  const file = fileWith('p.mjs', text)
  const short = await command(['run', file, '--json'])
  const long = await command(['run', file, '--json', '--verbose'])

  expect(short.code).toBe(1)
  expect(short.err).toMatch(/^millrace: TypeError: .* \[ETL_UNEXPECTED\]\n {2}at .*p\.mjs:2:\d+\)\n$/)
  expect(long.err.split('\n').length).toBeGreaterThan(4)
})

describe('millrace without a pipeline', () => {
  test('shows help, and its version', async () => {
    expect(await command(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('millrace run <pipeline>') })
    expect(await command([])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('Exit codes') })
    expect((await command(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect((await command(['run', '--help'])).out).toContain('--concurrency <n>')
    expect((await command(['help', 'explain'])).out).toContain('millrace explain <pipeline>')
  })

  test('names the command that could be meant', async () => {
    const { code, err } = await command(['rnu', 'x'])

    expect(code).toBe(2)
    expect(err).toContain('Did you mean "run"?')
  })
})
