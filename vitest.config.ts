import { readdirSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const { CI, MILLRACE_TEST_LONG } = process.env

/** Packages whose test files follow each other in one process: starting one, and importing all again, takes longer than most files. */
const sharing = [
  'etl-core',
  'etl-testkit',
  'formats',
  'objects',
  'relational',
  'schema',
  's3',
  'sink-s3',
  'source-s3',
  'sqlserver',
]
const others = readdirSync(new URL('packages', import.meta.url)).filter(name => !sharing.includes(name))
const shared = `packages/{${sharing.join()}}/test/**`
/** Those that look at what a process has one of: its memory, its environment, its clients that are shared. */
const alone = `${shared}/{*memory*,client,credentials,csv-read,faults,folder-store,keys,read,secret,shared-client}.test.ts`

/** Files with processes of their own first, as the long ones are among them; then the others, in as many processes as there are cores. */
class OwnProcessFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isShared = ({ project }: TestSpecification) => project.name === 'shared'
    return [...sorted.filter(file => !isShared(file)), ...sorted.filter(isShared)]
  }
}

const own = [
  `packages/{${others.join()}}/test/**/*.test.ts`,
  '{adapters,systems}/*/test/**/*.test.ts',
  'docs/snippets/**/*.test.ts',
  'test/**/*.test.ts',
]
// Packages resolve to their sources through the `millrace-source` export condition: tests need no build.
const ssr = { resolve: { conditions: ['millrace-source'] } }
const each = {
  // The long run gives property tests twenty times their budget.
  testTimeout: MILLRACE_TEST_LONG ? 120_000 : 60_000,
  hookTimeout: 60_000,
}

export default defineConfig({
  test: {
    globalSetup: ['./test/setup/build-once.ts'],
    // Many tests wait for processes and servers of theirs; the default leaves one core of two idle.
    maxWorkers: '100%',
    // In CI the totals are read from the report (tools/test-totals.mjs).
    reporters: CI ? ['default', ['json', { outputFile: 'out/test-report.json' }]] : ['default'],
    sequence: { sequencer: OwnProcessFirst },
    projects: [
      { ssr, test: { ...each, name: 'own', include: [...own, alone] } },
      { ssr, test: { ...each, name: 'shared', isolate: false, include: [`${shared}/*.test.ts`], exclude: [alone] } },
    ],
  },
})
