import { execFileSync } from 'node:child_process'

/** The command runs as a child process in tests, and a child process needs JavaScript: build it once, before all tests. */
export default function buildOnce(): void {
  execFileSync(process.execPath, ['tools/build-js.mjs'], { cwd: new URL('../..', import.meta.url), stdio: 'inherit' })
}
