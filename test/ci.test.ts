import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readJson, repositoryRoot } from '../tools/workspaces.mjs'

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8')

interface Workflow {
  readonly jobs: {
    readonly check: {
      readonly strategy: { readonly matrix: { readonly node: readonly number[] } }
      readonly env: Readonly<Record<string, string>>
      readonly steps: readonly { readonly run?: string }[]
    }
  }
}

const { check } = (parse(read('.github/workflows/ci.yml')) as Workflow).jobs
const script = read('.ci/run')
const scriptSteps = [...script.matchAll(/^step (.+)$/gm)].map(match => match[1])

describe('continuous integration', () => {
  test('runs the steps of .ci/run, in their order, then prints the totals', () => {
    const commands = check.steps.flatMap(step => step.run ?? [])

    expect(scriptSteps.length).toBeGreaterThan(5)
    expect(commands).toEqual([...scriptSteps, 'node tools/test-totals.mjs'])
  })

  test('sets the same variables as .ci/run, besides the one its runner sets itself', () => {
    const exported = [...(script.match(/^export (.+)$/m)?.[1] ?? '').matchAll(/(\w+)=(\w+)/g)].map(match => [match[1], match[2]])

    expect({ ...check.env, CI: 'true' }).toEqual(Object.fromEntries(exported))
  })

  test('covers the oldest supported Node and the two release lines after it', () => {
    expect(check.strategy.matrix.node).toEqual([20, 22, 24])
    expect(readJson(join(repositoryRoot, 'package.json')).engines).toEqual({ node: '>=20.19' })
  })

  test('runs what `npm run check` runs, on a fresh install', () => {
    const scripts = readJson(join(repositoryRoot, 'package.json')).scripts as Record<string, string>

    expect(['npm ci', ...(scripts.check ?? '').split(' && ')]).toEqual(scriptSteps)
  })
})

describe('the totals line', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-totals-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const totalsOf = async (report: object) => {
    await writeFile(join(folder, 'report.json'), JSON.stringify(report))
    const { stdout, status } = spawnSync(process.execPath, ['tools/test-totals.mjs', join(folder, 'report.json')], {
      cwd: repositoryRoot,
      encoding: 'utf8',
    })
    return { line: stdout, status }
  }
  const counts = { numPassedTests: 12, numFailedTests: 0, numPendingTests: 2, numTodoTests: 1, testResults: [] }

  test('adds up what the report says', async () => {
    expect(await totalsOf(counts)).toEqual({ line: '12 passed, 0 failed, 3 skipped\n', status: 0 })
  })

  test('fails when a test failed', async () => {
    expect(await totalsOf({ ...counts, numFailedTests: 2 })).toEqual({ line: '12 passed, 2 failed, 3 skipped\n', status: 1 })
  })

  test('counts a file that broke before its first test', async () => {
    const testResults = [{ status: 'failed', assertionResults: [] }]

    expect(await totalsOf({ ...counts, testResults })).toEqual({ line: '12 passed, 1 failed, 3 skipped\n', status: 1 })
  })

  test('fails when nothing ran', async () => {
    expect((await totalsOf({ ...counts, numPassedTests: 0 })).status).toBe(1)
  })

  test('fails without a report', () => {
    expect(
      spawnSync(process.execPath, ['tools/test-totals.mjs', join(folder, 'none.json')], { cwd: repositoryRoot }).status,
    ).toBe(1)
  })
})
