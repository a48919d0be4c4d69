import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('../demo/demo.mjs', import.meta.url))

// It checks what it shows, and ends with an error when something is not as it should be.
it('npm run demo:plants: six minutes, one twice, an archive, a kill, and every reading in one place', () => {
  const text = execFileSync(process.execPath, [script], { encoding: 'utf8' })

  expect(text).toMatch(/reading +275 rows, as before/)
  expect(text).toContain('killed (SIGKILL)')
  expect(text).toContain('plants-retrieve --to out.csv: 183 readings')
  expect(text).toContain('275 readings loaded = 92 in the database + 183 in the archive, none twice.')
}, 120_000)
