import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
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
      readonly env?: Readonly<Record<string, string>>
      readonly steps: readonly { readonly run?: string }[]
    }
  }
}

const { check } = (parse(read('.github/workflows/ci.yml')) as Workflow).jobs
const script = read('.ci/run')
const commandsIn = (pattern: RegExp) => [...script.matchAll(pattern)].map(match => match[1])
const scriptSteps = commandsIn(/^(?:step|beside) (.+)$/gm)

describe('continuous integration', () => {
  test('runs the steps of .ci/run, in their order, then prints the totals and clears away', () => {
    const commands = check.steps.flatMap(step => step.run ?? [])
    const atTheEnd = commandsIn(/^trap '(.+)' EXIT$/gm)

    expect(scriptSteps.length).toBeGreaterThan(5)
    expect(atTheEnd).toHaveLength(1)
    expect(commands.map(command => command.replace(' >> "$GITHUB_ENV"', ''))).toEqual([
      ...commandsIn(/^(?:step|beside|variables) (.+)$/gm),
      'node tools/test-totals.mjs',
      ...atTheEnd,
    ])
  })

  test('waits for every step that goes on beside others', () => {
    expect(commandsIn(/^beside (.+)$/gm).length).toBe(commandsIn(/^(settle)$/gm).length)
  })

  test('hands on the variables that .ci/run exports', () => {
    const handing = check.steps.flatMap(({ run }) => (run?.endsWith(' >> "$GITHUB_ENV"') ? [run.split(' >> ')[0]] : []))

    expect(handing).toEqual(commandsIn(/^variables (.+)$/gm))
  })

  test('sets the same variables as .ci/run, besides the one its runner sets itself', () => {
    const exported = [...(script.match(/^export (.+)$/m)?.[1] ?? '').matchAll(/(\w+)=(\w+)/g)].map(match => [match[1], match[2]])

    expect({ ...check.env, CI: 'true' }).toEqual(Object.fromEntries(exported))
  })

  test('runs the long tests every night, with the servers and Nodes of the others', () => {
    const { jobs } = parse(read('.github/workflows/long.yml')) as {
      jobs: { long: { steps: readonly { readonly run?: string }[] } }
    }

    expect(jobs.long.steps.flatMap(step => step.run ?? [])).toEqual([
      'npm ci',
      ...check.steps.flatMap(({ run }) => (run?.endsWith(' >> "$GITHUB_ENV"') ? [run] : [])),
      'npm run test:long',
      'tools/start-radosgw.sh stop',
    ])
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

describe('the server for the live S3 suites', () => {
  let bin: string
  beforeEach(async () => {
    bin = await mkdtemp(join(tmpdir(), 'millrace-bin-'))
    for (const name of ['bash', 'cut', 'env', 'grep', 'mktemp', 'rm', 'tail', 'timeout'])
      await symlink(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(bin, name))
  })
  afterEach(() => rm(bin, { recursive: true, force: true }))

  const script = (name: string, text: string) => writeFile(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  const radosgw = (command: string) =>
    spawnSync(join(repositoryRoot, 'tools/start-radosgw.sh'), [command], { env: { PATH: bin }, encoding: 'utf8' })
  const skipped = (why: string) => ({ status: 0, stdout: '', stderr: `The live S3 suites are skipped: ${why}\n` })

  test('is done without, and says why in one line, where there is no apt-get', () => {
    expect(radosgw('offer')).toMatchObject(skipped('there is no apt-get'))
  })

  test('is done without where nobody is root', async () => {
    await script('apt-get', 'exit 0')
    await script('id', 'echo 1000')
    await script('sudo', 'echo "a password is required" >&2; exit 1')

    expect(radosgw('offer')).toMatchObject(skipped('installing packages needs root'))
  })

  test('is done without where the packages cannot be had', async () => {
    await script('apt-get', 'echo $*; echo "E: no such package" >&2; case "$*" in *install*) exit 100; esac')
    await script('id', 'echo 0')

    expect(radosgw('offer')).toMatchObject(
      skipped('apt-get could not get radosgw ceph-mon ceph-osd ceph-common, or took more than 120 s'),
    )
  })

  test('is not stopped where none was started', () => {
    expect(radosgw('stop')).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })
})

describe('the Nodes that functions are run on', () => {
  test('are done without where they cannot be had, and it is said why', async () => {
    const bin = await mkdtemp(join(tmpdir(), 'millrace-bin-'))
    for (const name of ['bash', 'dirname', 'env'])
      await symlink(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(bin, name))
    await writeFile(join(bin, 'uname'), '#!/bin/sh\necho Darwin arm64\n', { mode: 0o755 })

    const { status, stdout, stderr } = spawnSync(join(repositoryRoot, 'tools/lambda-nodes.sh'), ['offer'], {
      env: { PATH: bin },
      encoding: 'utf8',
    })

    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    expect(stderr).toBe('Functions are run on this Node alone: there are binaries for Linux on x64, and this is Darwin arm64\n')
    await rm(bin, { recursive: true, force: true })
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
