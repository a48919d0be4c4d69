import { fileURLToPath } from 'node:url'
import type { Explanation } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import { explainText } from '../src/commands/explain.js'
import { stateText } from '../src/commands/state.js'
import { command, jsonLines, numbers, tempFolder } from './support/command.js'

/** A destination where a load of two splits was run, `--failing` in part-1 if asked. */
async function loaded(...flags: string[]) {
  const to = `lines:${tempFolder()}`
  const { code } = await command(['run', numbers, '--to', to, ...flags])
  const show = async () => jsonLines((await command(['state', 'show', numbers, '--to', to, '--json'])).out)[0]
  return { to, code, show }
}

describe('millrace state show', () => {
  test('shows bookmarks and rejects of what was published', async () => {
    const { to, show } = await loaded('--spoilt', '3')
    const { out } = await command(['state', 'show', numbers, '--to', to])

    expect(out).toContain('owner      none')
    expect(out).toContain('part-1  5 (load ')
    expect(out).toMatch(/^ {4}6 {2}in load /m)
    expect(await show()).toMatchObject({ pipeline: 'numbers', place: `${to}/_millrace`, load: null, rejects: [{ count: 6 }] })
  })

  test('says that there was no run so far', async () => {
    const { code, out } = await command(['state', 'show', numbers, '--to', `lines:${tempFolder()}`])

    expect(code).toBe(0)
    expect(out).toContain('no run so far')
  })

  test('shows how far an unfinished load is', async () => {
    const { to, show } = await loaded('--splits', '1', '--count', '400', '--slow-ms', '5', '--deadline', '1.1')

    expect(await show()).toMatchObject({ load: { attempt: 1, splits: [{ split: 'part-1', status: 'begun' }] } })
    expect((await command(['state', 'show', numbers, '--to', to])).out).toMatch(/part-1 {2}begun, saved to batch \d+/)
  })

  test('shows with which parameters an unfinished load was begun, so that they can be given again', async () => {
    const { to } = await loaded('--splits', '1', '--count', '400', '--labels', "it's", '--slow-ms', '5', '--deadline', '1.1')
    const { out } = await command(['state', 'show', numbers, '--to', to])
    const quoted = /^ {4}parameters {2}--params '(.*)'$/m.exec(out)?.[1] ?? ''
    const params = quoted.replaceAll("'\\''", "'")

    expect(JSON.parse(params)).toEqual({ splits: 1, count: 400, labels: ["it's"], slowMs: 5, to })
    expect((await command(['run', numbers, '--params', params, '--slow-ms', '0', '--json'])).out).toContain('"resumed":true')
  })

  test('an unfinished load of defaults says that none were given', () => {
    const load = { loadId: 'L', attempt: 1, startedAt: '2025-01-01T00:00:00.000Z', params: {}, splits: [] }

    expect(stateText('p', 'file:x', { epoch: 1, owner: null, load, groups: {}, rejects: [] })).toContain('parameters  none given')
  })
})

describe('millrace state reset', () => {
  test('forgets with --yes, and the next run begins anew', async () => {
    const { to, show } = await loaded()
    const { code, out } = await command(['state', 'reset', numbers, '--to', to, '--yes'])

    expect(code).toBe(0)
    expect(out).toContain('Forgot the state')
    expect(await show()).toMatchObject({ groups: {}, load: null, rejects: [] })
  })

  test('asks at a terminal and changes nothing unless told yes', async () => {
    const { to, show } = await loaded()
    const asked: string[] = []
    const answering = (answer: string) => ({
      ask: async (question: string) => {
        asked.push(question)
        return answer
      },
    })
    const no = await command(['state', 'reset', numbers, '--to', to], answering(''))

    expect(no).toMatchObject({ code: 0, err: 'millrace: nothing was changed.\n' })
    expect(asked[0]).toContain('2 bookmarks')
    expect(await show()).toHaveProperty('groups.part-1')

    await command(['state', 'reset', numbers, '--to', to], answering('y'))
    expect(await show()).toMatchObject({ groups: {} })
  })

  test('needs --yes where nobody can answer', async () => {
    const { to, show } = await loaded()
    const { code, err } = await command(['state', 'reset', numbers, '--to', to])

    expect(code).toBe(2)
    expect(err).toContain('--yes')
    expect(await show()).toHaveProperty('groups.part-1')
  })

  test('refuses while a live run owns the state', async () => {
    const to = `lines:${tempFolder()}`
    const running = command(['run', numbers, '--to', to, '--count', '200', '--slow-ms', '5'])
    await new Promise(resolve => setTimeout(resolve, 250))
    const { code, err } = await command(['state', 'reset', numbers, '--to', to, '--yes'])
    const { code: ran } = await running

    expect(code).toBe(1)
    expect(err).toContain('ETL_STATE_CONFLICT')
    expect(ran).toBe(0)
  })
})

test('millrace state takes show or reset', async () => {
  expect(await command(['state', 'rest', numbers])).toMatchObject({
    code: 2,
    err: expect.stringContaining('Did you mean "reset"?'),
  })
  expect((await command(['state', '--help'])).out).toContain('millrace state show <pipeline>')
})

describe('millrace explain', () => {
  test('tells the parts, the promise and what a run would load', async () => {
    const { to } = await loaded()
    const { code, out } = await command(['explain', numbers, '--to', to, '--plan'])

    expect(code).toBe(0)
    expect(out).toMatch(/^source {4}counting$/m)
    expect(out).toMatch(/^delivery {2}exactly once: /m)
    expect(out).toMatch(/^now {7}a run would load 2 of 2 groups$/m)
  })

  test('says that a move removes records at the source, and that a stream takes one split after the other', () => {
    const guarantee = { delivery: 'exactly once', reasons: ['r'], survivesStop: true } as const
    const made = { source: 's', steps: [], sink: 'k', guarantee, bufferBytes: 0 }
    const text = (more: Partial<Explanation>) =>
      explainText({ pipeline: 'p', version: '1', description: null }, { ...made, ...more })

    expect(text({ removesAtSource: true })).toMatch(/^removes {3}its records at the source, once they were read back/m)
    expect(text({ oneSplitAtATime: true })).toMatch(/^memory .* one at a time$/m)
    expect(text({})).not.toMatch(/removes|one at a time/)
  })

  test('names what is written where, and as what', async () => {
    const orders = fileURLToPath(new URL('fixtures/orders.ts', import.meta.url))
    const flags = [orders, '--from', 'file:in', '--to', 'file:out']

    expect((await command(['explain', ...flags])).out).toMatch(/^sink {6}objects: file:out\/\{stem\}\.\{ext\}, as ndjson$/m)
    expect(jsonLines((await command(['explain', ...flags, '--append', '--json'])).out)[0]).toMatchObject({
      sink: 'objects',
      writes: 'file:out/orders/<batch>.ndjson, as ndjson',
    })
  })

  test('as JSON; the source is asked only when told so', async () => {
    const to = `lines:${tempFolder()}`
    const read = async (...flags: string[]) =>
      jsonLines((await command(['explain', numbers, '--to', to, '--json', ...flags])).out)[0]

    expect(await read('--plan')).toMatchObject({
      pipeline: 'numbers',
      guarantee: { delivery: 'exactly once' },
      now: { groups: [{ action: 'load' }, {}] },
    })
    expect(await read()).not.toHaveProperty('now')
  })
})
