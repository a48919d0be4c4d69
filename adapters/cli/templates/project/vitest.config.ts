import { defineConfig } from 'vitest/config'

// The tests of this project alone, also where it lies inside of another one with settings of its own.
export default defineConfig({ test: { include: ['test/**/*.test.ts'] } })
