import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../tools/workspaces.mjs'
import type { PlantedBug } from './bug.js'
import { endBugs } from './bugs/ends.js'
import { moveBugs } from './bugs/moves.js'
import { ownerBugs } from './bugs/owners.js'
import { placeBugs } from './bugs/places.js'
import { runnerBugs } from './bugs/runner.js'
import { pageOf } from './page.js'
import { edited, resultsWith } from './patched.js'
import type { CaseResult, Wanted } from './suites.js'

const bugs: readonly PlantedBug[] = [...runnerBugs, ...ownerBugs, ...placeBugs, ...endBugs, ...moveBugs]
const long = process.env.MILLRACE_TEST_LONG !== undefined
const worlds = ['loads', 'objects', 'stores', 'sources', 'adapters', 'moves'] as const

/** The suites of a world that some bug is to be found by. */
const suitesOf = (world: PlantedBug['world']) => [
  ...new Set(bugs.filter(bug => bug.world === world).flatMap(bug => Object.keys(bug.foundBy))),
]

const whole = (suites: readonly string[]): Wanted => Object.fromEntries(suites.map(suite => [suite, ['']]))

/** Each process keeps a core busy, so two run at a time. */
const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()]
/** A test waits for its turn, too, behind others that take a minute each on a busy machine; a process that hangs is ended long before. */
const timeout = 600_000
let turn = 0
function results(...of: Parameters<typeof resultsWith>): Promise<readonly CaseResult[]> {
  const lane = turn++ % lanes.length
  const running = (lanes[lane] as Promise<unknown>).then(() => resultsWith(...of))
  lanes[lane] = running.catch(() => undefined)
  return running
}

const failed = (found: readonly CaseResult[]) =>
  found.filter(({ outcome }) => outcome === 'failed').map(({ suite, name, message }) => `${suite}: ${name}\n${message}`)

/** What is planted by day; the long run plants every bug. */
const isPlanted = (at: number) => long || at % 5 === 0

/** By day the cases of a world that are to find a bug: what finds one must hold without it. The suites' own packages run them whole. */
function casesOf(world: PlantedBug['world']): Wanted {
  if (long) return whole(suitesOf(world))
  const wanted: Record<string, string[]> = {}
  for (const { foundBy } of bugs.filter((bug, at) => bug.world === world && isPlanted(at)))
    for (const [suite, cases] of Object.entries(foundBy)) wanted[suite] = [...new Set([...(wanted[suite] ?? []), ...cases])]
  return wanted
}

describe.concurrent('without a bug', { timeout }, () => {
  test.for(worlds)('every case of "%s" holds', async (world, { skip }) => {
    const wanted = casesOf(world)
    if (Object.keys(wanted).length === 0) skip('no bug of this world is planted by day')
    const found = await results([], world, wanted)

    expect(failed(found)).toEqual([])
    expect([...new Set(found.map(({ suite }) => suite))].sort()).toEqual(Object.keys(wanted).sort())
  })
})

describe.concurrent('the contract finds that', { timeout }, () => {
  test.for(bugs.map((bug, at) => [bug.name, bug, at] as const))('%s', async ([, bug, at], { skip }) => {
    if (!isPlanted(at)) skip('every fifth bug is enough by day; all of them are planted in the long run')
    const found = await results(bug.edits, bug.world, bug.foundBy)
    const bad = found.filter(({ outcome }) => outcome === 'failed')
    const unseen = Object.entries(bug.foundBy).flatMap(([suite, cases]) =>
      cases.filter(begin => !bad.some(each => each.suite === suite && each.name.startsWith(begin))),
    )

    // Only then the whole suites are run: perhaps another case has found it, by accident or because the contract is another now.
    const instead = unseen.length === 0 ? [] : failed(await results(bug.edits, bug.world, whole(Object.keys(bug.foundBy))))
    expect(unseen, `found instead by: ${instead.join('\n') || 'nothing'}`).toEqual([])
  })
})

describe('the list', () => {
  test.each(bugs.map(bug => [bug.name, bug] as const))('has its place in the code for: %s', (_, { edits }) => {
    const files = new Set(edits.map(({ file }) => file))

    for (const file of files) {
      const text = readFileSync(join(repositoryRoot, file), 'utf8')
      expect(
        edited(
          text,
          edits.filter(edit => edit.file === file),
        ),
      ).not.toBe(text)
    }
  })

  test('has twenty bugs and more, each told apart', () => {
    expect(bugs.length).toBeGreaterThanOrEqual(20)
    expect(new Set(bugs.map(bug => bug.name)).size).toBe(bugs.length)
  })

  test('is what the documentation says of it', async () => {
    await expect(pageOf(bugs)).toMatchFileSnapshot('../../docs/reference/planted-bugs.md')
  })

  test('refuses a patch that the code has left behind', () => {
    const edit = { file: 'some.ts', find: 'here', replace: 'there' }

    expect(() => edited('elsewhere, here and here', [edit])).toThrow(/occurs 3 times/)
    expect(() => edited('nothing', [edit])).toThrow(/in some\.ts this no longer occurs/)
    expect(edited('just here', [edit])).toBe('just there')
  })
})
