import { defineConfig } from 'vitest/config'

// Packages resolve to their sources through the `millrace-source` export condition: tests need no build.
export default defineConfig({
  ssr: { resolve: { conditions: ['millrace-source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'adapters/*/test/**/*.test.ts', 'systems/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['./test/setup/build-once.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
})
