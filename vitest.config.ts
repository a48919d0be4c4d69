import { defineConfig } from 'vitest/config'

const { CI, MILLRACE_TEST_LONG } = process.env

// Packages resolve to their sources through the `millrace-source` export condition: tests need no build.
export default defineConfig({
  ssr: { resolve: { conditions: ['millrace-source'] } },
  test: {
    include: ['{packages,adapters,systems}/*/test/**/*.test.ts', 'docs/snippets/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['./test/setup/build-once.ts'],
    // Many tests wait for processes and servers of theirs; the default leaves one core of two idle.
    maxWorkers: '100%',
    // The long run gives property tests twenty times their budget.
    testTimeout: MILLRACE_TEST_LONG ? 120_000 : 60_000,
    hookTimeout: 60_000,
    // In CI the totals are read from the report (tools/test-totals.mjs).
    reporters: CI ? ['default', ['json', { outputFile: 'out/test-report.json' }]] : ['default'],
  },
})
