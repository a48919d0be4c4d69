import { readdirSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const { CI, MILLRACE_TEST_LONG } = process.env

const filesOf = (paths: readonly string[], name = '*') => paths.map(path => `${path}/test/**/${name}.test.ts`)
/** Packages whose test files follow each other in one process: starting one, and importing all again, takes longer than most files. */
const sharing = [
  ...['adapters/cli', 'packages/dynamodb', 'packages/etl-core', 'packages/etl-testkit', 'packages/formats', 'packages/objects'],
  ...[
    'packages/relational',
    'packages/s3',
    'packages/schema',
    'packages/sink-s3',
    'packages/source-plants',
    'packages/source-s3',
  ],
  ...['packages/source-worldbank', 'packages/sqlserver'],
]
const others = ['packages', 'adapters', 'systems']
  .flatMap(kind => readdirSync(new URL(kind, import.meta.url)).map(name => `${kind}/${name}`))
  .filter(path => !sharing.includes(path))
/** Of those that share, the files that look at what a process has one of: its memory, its environment, its shared clients. */
const alone = filesOf(
  sharing,
  '{*memory*,client,credentials,csv-read,faults,folder-store,keys,load,next,read,secret,shared-client,state-in-dynamodb}',
)
const own = [...filesOf(others), ...alone, 'docs/snippets/**/*.test.ts', 'test/**/*.test.ts']

/** Files with processes of their own first, as the long ones are among them; then the others, in as many processes as there are cores. */
class OwnProcessFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isShared = ({ project }: TestSpecification) => project.name === 'shared'
    return [...sorted.filter(file => !isShared(file)), ...sorted.filter(isShared)]
  }
}

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
      { ssr, test: { ...each, name: 'own', include: own } },
      { ssr, test: { ...each, name: 'shared', isolate: false, include: filesOf(sharing), exclude: alone } },
    ],
  },
})
