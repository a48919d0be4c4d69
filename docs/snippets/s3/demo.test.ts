import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('npm run demo:s3 ends with the same objects as a folder, also after a kill', () => {
  const printed = execFileSync(process.execPath, [fileURLToPath(new URL('./demo.mjs', import.meta.url))], { encoding: 'utf8' })

  expect(printed.match(/^ {2}(succeeded|unchanged|killed)$/gm)?.map(line => line.trim())).toEqual([
    'succeeded',
    'succeeded',
    'unchanged',
    'killed',
    'succeeded',
  ])
  expect(printed).toContain('no unfinished upload')
})
