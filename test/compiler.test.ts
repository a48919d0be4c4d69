import { join } from 'node:path'
import { expect, test } from 'vitest'
import { floatingPromises, undocumentedExports } from '../tools/whole-tree.mjs'
import { repositoryRoot } from '../tools/workspaces.mjs'
import { programOf } from './support/compiler.js'

const imagined = join(repositoryRoot, 'test/imagined.ts')

// `npm run types` looks through the whole tree with these.
test('promises are found when nobody waits for them', () => {
  const text = `import { rm } from 'node:fs/promises'
    rm('a')
    await rm('b')
    void rm('c')
    rm('d').catch(() => {})
    rm('e').then(() => {}, () => {}).finally(() => {})
    export const kept = rm('f')`

  expect(floatingPromises(programOf(imagined, text), new Set([imagined]))).toEqual(["test/imagined.ts:2: rm('a')"])
})

test('exports without a docstring are found', () => {
  const text =
    '/** What it is. */\nexport const said = 1\nexport const unsaid = 2\nexport { said as alias }\nexport { unsaid as other }\n'

  expect(undocumentedExports(programOf(imagined, text), imagined)).toEqual(['unsaid', 'other'])
})
