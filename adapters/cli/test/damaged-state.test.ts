import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CommandIo } from '../src/index.js'
import { command, jsonLines, spawned, tempFolder } from './support/command.js'

const orders = fileURLToPath(new URL('fixtures/orders.ts', import.meta.url))

// Loaded by a process that is gone: the version before the damaged one may still name it as the owner.
const loaded = tempFolder()
beforeAll(async () => {
  mkdirSync(join(loaded, 'in'))
  for (const day of ['monday', 'tuesday']) writeFileSync(join(loaded, `in/${day}.csv`), 'id,amount\n1,10\n?,20\n')
  await spawned(['run', orders, '--from', 'file:in', '--to', 'file:data'], { cwd: loaded }).ended
})

/** Orders that were loaded, some of them rejected; then the newest file of these documents was half written. */
function damaged(...documents: string[]) {
  const folder = tempFolder()
  cpSync(loaded, folder, { recursive: true })
  const state = join(folder, 'data/_millrace/orders/state')
  for (const name of documents) {
    const files = (readdirSync(join(state, name), { recursive: true }) as string[]).filter(each => each.endsWith('.json')).sort()
    writeFileSync(join(state, name, files.at(-1) as string), '{"nonce":\nx')
  }
  const on = ['--from', `file:${join(folder, 'in')}`, '--to', `file:${join(folder, 'data')}`]
  const millrace = (line: string, io: Partial<CommandIo> = {}) => {
    const [name = '', action = '', ...flags] = line.split(' ')
    return command([name, action, orders, ...on, ...flags], io)
  }
  return { millrace, run: () => command(['run', orders, ...on]) }
}

const nothingLeft = { owner: null, load: null, groups: {}, rejects: [] }

describe('state that is damaged', () => {
  test('is told with the name of the document and what removes it', async () => {
    const { millrace, run } = damaged('head')

    for (const { code, err } of [await millrace('state show'), await run()]) {
      expect(code).toBe(1)
      expect(err).toMatch(/state\/head\/\d{8}\.json" is damaged.*"millrace state reset".*\[ETL_STATE_CORRUPT\]/)
    }
  })

  test.each([[['head']], [['bookmarks']], [['rejects']], [['head', 'bookmarks', 'rejects']]])(
    'in %j is removed by a reset with --yes, and the next run begins anew',
    async documents => {
      const { millrace, run } = damaged(...documents)
      const { code, err } = await millrace('state reset --yes')

      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(jsonLines((await millrace('state show --json')).out)).toMatchObject([nothingLeft])
      expect(jsonLines((await run()).out).at(-1)).toMatchObject({ report: { status: 'succeeded', counts: { read: 4 } } })
    },
  )

  test('is removed when the person at the terminal says so, who is told what is damaged', async () => {
    const { millrace } = damaged('head')
    const asked: string[] = []
    const answering = (answer: string): Partial<CommandIo> => ({
      ask: async question => {
        asked.push(question)
        return answer
      },
    })

    expect((await millrace('state reset', answering('n'))).err).toContain('nothing was changed')
    expect((await millrace('state show')).code).toBe(1)
    expect((await millrace('state reset', answering('y'))).out).toContain('Forgot the state')
    expect(asked[0]).toMatch(/is damaged: ".*head.*" cannot be read, .* \[y\/N\] $/)
    expect(jsonLines((await millrace('state show --json')).out)).toMatchObject([nothingLeft])
  })

  test('stays where nobody can answer and nobody said --yes', async () => {
    const { millrace } = damaged('head')

    expect((await millrace('state reset')).code).toBe(2)
    expect((await millrace('state show')).err).toContain('ETL_STATE_CORRUPT')
  })
})

describe('a document of rejects that is damaged', () => {
  const bad =
    /^millrace: Rejects cannot be read: those of load \S+, split \S+, batch 1\. ".*" in file:.* is damaged.*--reject-load \S+ \[ETL_STATE_CORRUPT\]$/m
  const loadIn = (text: string) => /those of load (\S+),/.exec(text)?.[1] as string

  test('hides no other: they are counted and shown, it is named, and the exit code says that something is missing', async () => {
    const { millrace } = damaged('rejects')
    const listed = await millrace('rejects ls')
    const shown = await millrace('rejects show')
    const [json] = jsonLines((await millrace('rejects ls --json')).out)

    expect([listed.code, shown.code]).toEqual([1, 1])
    expect(listed.out).toMatch(/^1\t/)
    expect(shown.out).toContain('monday.csv')
    for (const { err } of [listed, shown]) expect(err).toMatch(bad)
    expect(json).toMatchObject({ count: 1, damaged: [{ batchNo: 1, error: { code: 'ETL_STATE_CORRUPT' } }] })
    expect((await millrace('rejects show --ndjson')).out.split('\n')).toHaveLength(2)
  })

  test('is forgotten with the others of its load, as its message says', async () => {
    const { millrace } = damaged('rejects')
    const loadId = loadIn((await millrace('rejects ls')).err)
    const { code, out, err } = await millrace(`rejects discard --yes --reject-load ${loadId}`)

    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^Forgot 1 reject of "orders" at .*, and 1 document that cannot be read\.$/m)
    expect(await millrace('rejects ls')).toMatchObject({ code: 0, err: expect.stringContaining('has no rejects') })
  })

  test('stays where it cannot be known whether it is meant, and is named', async () => {
    const { millrace } = damaged('rejects')
    const { code, out, err } = await millrace('rejects discard --yes --reject-stage validate')

    expect(code).toBe(1)
    expect(out).toContain('Forgot 1 reject of')
    expect(err).toMatch(bad)
    expect((await millrace('rejects ls')).err).toMatch(bad)
  })

  test('stops a replay, which says how to go on without it', async () => {
    const { millrace } = damaged('rejects')

    expect(await millrace('rejects replay')).toMatchObject({ code: 1, err: expect.stringMatching(bad) })
  })

  test('is asked about by the person at the terminal', async () => {
    const { millrace } = damaged('rejects')
    const asked: string[] = []
    await millrace('rejects discard', { ask: async question => `${asked.push(question)}` })

    expect(asked[0]).toMatch(/^Forget 1 reject of .*, and 1 document that cannot be read, for good\? /)
  })
})
