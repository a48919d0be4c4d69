import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Reject, RunReport } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import type { CommandIo } from '../src/index.js'
import { command, fileWith, jsonLines, numbers, spawned, tempFolder } from './support/command.js'

const orders = fileURLToPath(new URL('fixtures/orders.ts', import.meta.url))

const bad = {
  'a.csv': 'id,amount\n1,10\n2,"1,5"\n3,x\n',
  'b.csv': 'id,amount\n4,20\n5,30\n',
  'c.csv': 'id,amount\n6,"2,5"\n?7,8\n',
}

/** Orders loaded with strict code, so that four of them were rejected; and the command on them. */
async function loaded(files: Readonly<Record<string, string>> = bad, ...flags: string[]) {
  const folder = tempFolder()
  mkdirSync(join(folder, 'in'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'in', name), text)
  const on = (at = folder) => ['--from', `file:${join(folder, 'in')}`, '--to', `file:${join(at, 'data')}`, ...flags]
  const again = (...more: string[]) => command(['run', orders, ...on(), ...more])
  const first = await again('--strict', '--load-id', 'monday')
  const rejects = (action: string, more: readonly string[] = [], io: Partial<CommandIo> = {}, at = folder) =>
    command(['rejects', action, orders, ...on(at), ...more], io)
  const found = async (...more: string[]) => jsonLines((await rejects('show', ['--ndjson', ...more])).out) as unknown as Reject[]
  return { folder, first, again, rejects, found, place: `file:${join(folder, 'data')}` }
}

const text = (...path: string[]) => readFileSync(join(...path), 'utf8')
const reportOf = (out: string) => jsonLines(out).at(-1)?.report as RunReport
const answering = (answer: string, asked: string[] = []): Partial<CommandIo> => ({
  ask: async question => {
    asked.push(question)
    return answer
  },
})

describe('millrace rejects ls', () => {
  test('is a table on a terminal: what is frequent first, no wider than it', async () => {
    const { rejects, place } = await loaded()
    const { code, out } = await rejects('ls', [], { isTTY: true, columns: 42 })

    expect(code).toBe(0)
    expect(out.replaceAll(place, '<place>')).toBe(
      [
        'count  loads  stage       reason',
        '    3      1  2 map       amount: is no …',
        '    1      1  1 validate  id: must be di…',
        '4 rejects in 1 load (monday), kept in <place>',
        '',
      ].join('\n'),
    )
  })

  test('is a line of columns between tabs for each where output is piped, nothing cut', async () => {
    const { rejects } = await loaded()
    const { out } = await rejects('ls', [], { columns: 40 })

    expect(out.split('\n')).toEqual([
      '3\t1\tmonday\tmonday\t2 map\tamount: is no number',
      '1\t1\tmonday\tmonday\t1 validate\tid: must be digits',
      '',
    ])
  })

  test('is one JSON object when asked', async () => {
    const { rejects, place } = await loaded()

    expect(JSON.parse((await rejects('ls', ['--json', '--reject-stage', 'map'])).out)).toEqual({
      pipeline: 'orders',
      place,
      count: 3,
      rejects: [{ stage: '2 map', reason: 'amount: is no number', count: 3, loads: 1, firstLoad: 'monday', lastLoad: 'monday' }],
    })
  })

  test('counts what keeps coming back once over all loads, and load by load with --by-load', async () => {
    const append = ['--append', '--full', '--strict']
    const { again, rejects, place } = await loaded(bad, '--append')
    for (const load of ['sunday', 'tuesday']) await again(...append, '--load-id', load)
    const table = async (...flags: string[]) => (await rejects('ls', flags, { isTTY: true })).out.replaceAll(place, '<place>')
    const ofMap = ['--reject-stage', 'map']

    expect(await table()).toBe(
      [
        'count  loads  stage       reason',
        '    9      3  2 map       amount: is no number',
        '              from monday to tuesday',
        '    3      3  1 validate  id: must be digits',
        '              from monday to tuesday',
        '12 rejects in 3 loads, kept in <place>',
        '',
      ].join('\n'),
    )
    expect((await table('--by-load', ...ofMap)).split('\n').slice(1, 4)).toEqual([
      '    3  monday   2 map  amount: is no number',
      '    3  sunday   2 map  amount: is no number',
      '    3  tuesday  2 map  amount: is no number',
    ])
    expect((await rejects('ls', ['--by-load', '--reject-load', 'sunday', ...ofMap])).out).toBe(
      '3\tsunday\t2 map\tamount: is no number\n',
    )
    expect(JSON.parse((await rejects('ls', ['--by-load', '--json', ...ofMap])).out)).toMatchObject({
      count: 9,
      rejects: [{ loadId: 'monday', count: 3 }, { loadId: 'sunday' }, { loadId: 'tuesday' }],
    })
  })

  test('says on stderr that there are none, or none that fit; stdout stays empty', async () => {
    const { rejects, place } = await loaded({ 'a.csv': 'id,amount\n1,1\n' })
    const all = await rejects('ls')
    const some = await rejects('ls', ['--reject-group', 'a.csv'], { isTTY: true })

    expect(all).toEqual({ code: 0, out: '', err: `millrace: "orders" has no rejects at ${place}.\n` })
    expect(some.err).toContain('no rejects that fit at')
    expect(JSON.parse((await rejects('ls', ['--json'])).out)).toMatchObject({ count: 0, rejects: [] })
  })

  test('finds by group, issue and reason, and all of them must fit', async () => {
    const { rejects } = await loaded()
    const count = async (...flags: string[]) => JSON.parse((await rejects('ls', ['--json', ...flags])).out).count as number

    expect(await count('--reject-group', 'a.csv')).toBe(2)
    expect(await count('--reject-issue', 'ETL_RECORD_INVALID')).toBe(4)
    expect(await count('--reject-reason', 'amount: is no number', '--reject-group', 'c.csv')).toBe(1)
    expect(await count('--reject-load', 'tuesday')).toBe(0)
    expect(await count('--reject-split', 'none')).toBe(0)
  })
})

describe('millrace rejects show', () => {
  test('tells place, stage, issues and the record as it was read', async () => {
    const { rejects } = await loaded()
    const { code, out } = await rejects('show', ['--reject-group', 'c.csv'])

    expect(code).toBe(0)
    expect(out).toBe(
      [
        'c.csv, line 2, byte 10',
        '  stage  2 map, load monday',
        '  issue  amount: is no number [ETL_RECORD_INVALID]',
        '  raw    {"id":"6","amount":"2,5"}',
        '',
        'c.csv, line 3, byte 18',
        '  stage  1 validate, load monday',
        '  issue  id: must be digits [ETL_RECORD_INVALID]',
        '  raw    {"id":"?7","amount":"8"}',
        '',
      ].join('\n'),
    )
  })

  test('shows so many at most and says that there are more', async () => {
    const { rejects } = await loaded()
    const { out, err } = await rejects('show', ['--reject-limit', '2'])

    expect(out.match(/^ {2}raw/gm)).toHaveLength(2)
    expect(err).toBe('millrace: 2 rejects shown, and there are more: --reject-limit <n> shows more, --ndjson all.\n')
    expect((await rejects('show', ['--reject-limit', '4'])).err).toBe('')
  })

  test('exports all as NDJSON, each complete; one that moves the cursor is harmless', async () => {
    const { rejects } = await loaded({ 'a.csv': `id,amount\n${'1,x\n'.repeat(30)}2,"\u001b[2J\u009b2J\u2028"\n` })
    const { out } = await rejects('show', ['--ndjson'])
    const last = jsonLines(out).at(-1) as unknown as Reject

    expect(jsonLines(out)).toHaveLength(31)
    expect(last).toMatchObject({ loadId: 'monday', group: 'a.csv', stage: '2 map', row: 30, position: { line: 32 } })
    expect(last.raw).toEqual({ id: '2', amount: '\u001b[2J\u009b2J\u2028' })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028]/)
  })

  test('cuts a huge record on a terminal only', async () => {
    const { rejects } = await loaded({ 'a.csv': `id,amount\n1,${'x'.repeat(5000)}\n` })

    expect((await rejects('show', [], { isTTY: true })).out.length).toBeLessThan(1000)
    expect((await rejects('show')).out).toContain('x'.repeat(5000))
  })

  test('stops reading when its reader has left', async () => {
    const { rejects } = await loaded()
    let out = ''
    const stdout = { write: (line: string) => (out += line), ready: async () => false }

    expect((await rejects('show', ['--ndjson'], { stdout })).code).toBe(0)
    expect(jsonLines(out)).toHaveLength(1)
  })
})

describe('millrace rejects replay, into objects that are replaced', () => {
  test('loads the groups of the rejects again through the code as it is now; output and events are those of run', async () => {
    const { rejects, folder, found } = await loaded({ 'a.csv': 'id,amount\n1,10\n2,"1,5"\n', 'b.csv': 'id,amount\n4,20\n' })
    const before = text(folder, 'data/a.ndjson')
    const { code, out } = await rejects('replay')
    const events = jsonLines(out)

    expect(before.split('\n')).toHaveLength(2)
    expect(text(folder, 'data/a.ndjson')).toBe('{"id":"1","amount":10,"group":"all"}\n{"id":"2","amount":1.5,"group":"all"}\n')
    expect(code).toBe(0)
    expect(events[0]).toMatchObject({ type: 'load.started', splits: 1 })
    expect(reportOf(out)).toMatchObject({ status: 'succeeded', groups: [{ group: 'a.csv', status: 'published' }] })
    expect(await found()).toEqual([])
  })

  test('leaves what is rejected again, and the next run finds nothing new', async () => {
    const { rejects, found, folder } = await loaded()
    const { code, out } = await rejects('replay')
    const next = await command(['run', orders, '--from', `file:${folder}/in`, '--to', `file:${folder}/data`])

    expect([code, reportOf(out).counts.rejected]).toEqual([0, 2])
    expect((await found()).map(({ raw }) => raw)).toEqual([
      { id: '3', amount: 'x' },
      { id: '?7', amount: '8' },
    ])
    expect(reportOf(next.out).status).toBe('unchanged')
  })

  test('takes the groups of those that fit', async () => {
    const { rejects, found } = await loaded()
    const { out } = await rejects('replay', ['--reject-stage', 'validate'])

    expect(reportOf(out).groups).toMatchObject([{ group: 'c.csv' }])
    expect(await found('--reject-group', 'a.csv')).toHaveLength(2)
  })

  test('says that there are none, in both forms, and that is no failure', async () => {
    const { rejects } = await loaded({ 'a.csv': 'id,amount\n1,1\n' })
    const piped = await rejects('replay')
    const watched = await rejects('replay', [], { isTTY: true })

    expect([piped.code, watched.code]).toEqual([0, 0])
    expect(reportOf(piped.out)).toMatchObject({ status: 'unchanged', reason: 'no rejects to replay' })
    expect(watched.out).toContain('orders: unchanged, no rejects to replay')
  })

  test('fails as run does: the exit code and the limit of rejects are its own', async () => {
    const { rejects, found } = await loaded()
    const { code, err } = await rejects('replay', ['--max-rejects', '0', '--quiet'])

    expect(code).toBe(1)
    expect(err).toContain('[ETL_REJECTS_TOO_MANY]')
    expect(await found()).not.toEqual([])
  })

  test('takes no --full and no --load-id: both say what to load', async () => {
    const { rejects } = await loaded()
    const { code, err } = await rejects('replay', ['--full', '--load-id', 'x'])

    expect(code).toBe(2)
    expect(err).toContain('--full is not a flag of millrace rejects replay')
    expect(err).toContain('--load-id is not a flag of millrace rejects replay')
  })

  test('refuses a pipeline whose state lies nowhere instead of finding nothing', async () => {
    const nowhere = fileWith(
      'nowhere.mjs',
      `const brand = Symbol.for('millrace.pipeline')
       export default { [brand]: true, name: 'nowhere', version: '1', connectors: [], volatile: [], examples: [], build: () => ({}) }`,
    )
    const { code, err } = await command(['rejects', 'replay', nowhere])

    expect(code).toBe(2)
    expect(err).toContain('ETL_STATE_NONE')
  })
})

describe('millrace rejects replay, into objects that are added', () => {
  const names = (folder: string) => readdirSync(join(folder, 'data/orders')).sort()

  test('runs the records that were read once more and adds one object, named after the set of rejects', async () => {
    const { rejects, folder, found } = await loaded({ 'a.csv': 'id,amount\n1,10\n2,"1,5"\n3,"2,5"\n' }, '--append')
    const before = names(folder)
    const copy = tempFolder()
    cpSync(folder, copy, { recursive: true, preserveTimestamps: true })

    const { out } = await rejects('replay')
    await rejects('replay', [], {}, copy)
    const added = names(folder).filter(name => !before.includes(name))

    expect(before).toHaveLength(1)
    expect(added).toEqual([expect.stringMatching(/^[0-9a-f]{16}\.ndjson$/)])
    expect(text(folder, 'data/orders', added[0] as string).match(/"amount":[\d.]+/g)).toEqual(['"amount":1.5', '"amount":2.5'])
    expect(reportOf(out).counts).toMatchObject({ read: 2, written: 2, rejected: 0 })
    expect(names(copy)).toEqual(names(folder))
    expect(await found()).toEqual([])
  })

  test('another set is another object; asked for again it adds nothing', async () => {
    const { rejects, folder } = await loaded(
      { 'a.csv': 'id,amount\n1,10\n2,"1,5"\n', 'b.csv': 'id,amount\n3,"2,5"\n' },
      '--append',
    )
    const before = names(folder).length
    await rejects('replay', ['--reject-group', 'a.csv'])
    await rejects('replay', ['--reject-group', 'a.csv'])
    const one = names(folder).length
    await rejects('replay')

    expect([before, one, names(folder).length]).toEqual([1, 2, 3])
  })
})

describe('millrace rejects discard', () => {
  test('forgets those that fit and says how many', async () => {
    const { rejects, found, place } = await loaded()
    const { code, out } = await rejects('discard', ['--reject-group', 'a.csv', '--yes'])

    expect({ code, out }).toEqual({ code: 0, out: `Forgot 2 rejects of "orders" at ${place}.\n` })
    expect((await found()).map(({ group }) => group)).toEqual(['c.csv', 'c.csv'])
    expect(JSON.parse((await rejects('discard', ['--yes', '--json'])).out)).toMatchObject({ discarded: 2 })
  })

  test('asks at a terminal, with their number, and forgets nothing unless told yes', async () => {
    const { rejects, found, place } = await loaded()
    const asked: string[] = []
    const no = await rejects('discard', [], answering('', asked))

    expect(no).toEqual({ code: 0, out: '', err: 'millrace: nothing was changed.\n' })
    expect(asked).toEqual([`Forget 4 rejects of "orders" at ${place} for good? [y/N] `])
    expect(await found()).toHaveLength(4)

    await rejects('discard', [], answering('y'))
    expect(await found()).toEqual([])
  })

  test('does not ask about none', async () => {
    const { rejects } = await loaded()
    const asked: string[] = []
    const { err } = await rejects('discard', ['--reject-group', 'b.csv'], answering('y', asked))

    expect(asked).toEqual([])
    expect(err).toContain('has no rejects that fit')
  })

  test('needs --yes where nobody can answer', async () => {
    const { rejects, found } = await loaded()
    const { code, err } = await rejects('discard')

    expect(code).toBe(2)
    expect(err).toContain('millrace rejects discard asks before it forgets, and nobody can answer here: give --yes.')
    expect(await found()).toHaveLength(4)
  })
})

describe('the flags of millrace rejects', () => {
  test("leave --group and --limit to the pipeline's own parameters", async () => {
    const { folder } = await loaded(bad, '--group', 'own', '--limit', '3')

    expect(text(folder, 'data/b.ndjson')).toContain('"group":"own"')
  })

  test('are found without their prefix, and their problems are told at once', async () => {
    const { code, err } = await command(['rejects', 'show', orders, '--stage', 'map', '--reject-limit', '0', '--from', 'file:a'])

    expect(code).toBe(2)
    expect(err).toContain('--stage is not a flag of millrace rejects show')
    expect(err).toContain('Did you mean --reject-stage?')
    expect(err).toContain('--reject-limit takes a whole number from 1 on.')
    expect(err).toContain('--to is required')
    expect(err).toContain('any valid value of that will do')
  })

  test('are explained with examples, with and without a pipeline', async () => {
    for (const action of ['ls', 'show', 'replay', 'discard']) {
      const [any, one] = await Promise.all([
        command(['rejects', action, '--help']),
        command(['rejects', action, numbers, '--help']),
      ])

      expect(any.out).toContain(`Examples:\n  millrace rejects ${action} population.ts`)
      expect(one.out).toContain(`Examples:\n  millrace rejects ${action} ${numbers}`)
      expect(one.out).toContain('--reject-stage <stage>')
      expect(one.out).toContain('--splits <n>')
    }
  })

  test('an action that is none is told with those there are', async () => {
    expect(await command(['rejects', 'reply', orders])).toMatchObject({
      code: 2,
      err: 'millrace: millrace rejects takes ls, show, replay or discard, then a pipeline. Did you mean "replay"? [ETL_FLAGS_INVALID]\n',
    })
    expect((await command(['help', 'rejects'])).out).toContain('millrace rejects discard <pipeline>')
  })
})

describe('millrace rejects as a process', () => {
  test('a reader that leaves (| head) ends the export without a complaint', async () => {
    const cwd = tempFolder()
    await command(['run', numbers, '--to', `lines:${cwd}/out`, '--spoilt', '3000', '--splits', '1'])
    const { child, ended } = spawned(['rejects', 'show', numbers, '--spoilt', '3000', '--splits', '1', '--ndjson'], { cwd })
    child.stdout.once('data', () => child.stdout.destroy())
    const left = await ended
    const whole = await spawned(['rejects', 'show', numbers, '--ndjson'], { cwd }).ended

    expect({ code: left.code, err: left.err }).toEqual({ code: 0, err: '' })
    expect(jsonLines(whole.out)).toHaveLength(3000)
  })

  test('replays what was rejected, then finds none', async () => {
    const { folder } = await loaded({ 'a.csv': 'id,amount\n1,10\n2,"1,5"\n' })
    const flags = [orders, '--from', 'file:./in', '--to', 'file:./data']
    const first = await spawned(['rejects', 'replay', ...flags], { cwd: folder }).ended
    const second = await spawned(['rejects', 'ls', ...flags], { cwd: folder }).ended

    expect([first.code, first.err, reportOf(first.out).counts.written]).toEqual([0, '', 2])
    expect(second).toMatchObject({ code: 0, out: '', err: expect.stringContaining('has no rejects at file:./data') })
  })
})
