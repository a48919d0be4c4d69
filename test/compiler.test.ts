import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { entriesOf, listWorkspaces, repositoryRoot } from '../tools/workspaces.mjs'
import { floatingPromises, programOf, undocumentedExports, wholeTree } from './support/compiler.js'

const imagined = join(repositoryRoot, 'test/imagined.ts')
const { program, files } = wholeTree()

// Biome follows types within a package, not from one package into another: here the compiler looks, over the whole tree.
describe('promises', () => {
  // The whole tree is looked through, which takes a busy machine its time.
  test('are all waited for, across packages too', { timeout: 300_000 }, () => {
    expect(floatingPromises(program, files)).toEqual([])
  })

  test('are found when they are not', () => {
    const text = `import { rm } from 'node:fs/promises'
      rm('a')
      await rm('b')
      void rm('c')
      rm('d').catch(() => {})
      rm('e').then(() => {}, () => {}).finally(() => {})
      export const kept = rm('f')`

    expect(floatingPromises(programOf(imagined, text), new Set([imagined]))).toEqual(["test/imagined.ts:2: rm('a')"])
  })
})

describe('exports', () => {
  test.each(listWorkspaces())('of $path all have a docstring', ({ folder, manifest }) => {
    const entries = Object.values(entriesOf(manifest)).map(source => join(folder, source))

    expect(entries.flatMap(entry => undocumentedExports(program, entry))).toEqual([])
  })

  test('without a docstring are found', () => {
    const text =
      '/** What it is. */\nexport const said = 1\nexport const unsaid = 2\nexport { said as alias }\nexport { unsaid as other }\n'

    expect(undocumentedExports(programOf(imagined, text), imagined)).toEqual(['unsaid', 'other'])
  })
})
