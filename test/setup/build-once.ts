import { spawnSync } from 'node:child_process'

/**
 * The command runs as a child process in tests, and a child process needs JavaScript: build it once, before all tests.
 * A package that does not build is named and the run goes on: its own tests fail, those of the others still say something.
 */
export default function buildOnce(): void {
  spawnSync(process.execPath, ['tools/build-js.mjs'], { cwd: new URL('../..', import.meta.url), stdio: 'inherit' })
}
