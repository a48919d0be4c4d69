import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { commandsOf, snippetWorld } from '../../../test/support/snippets.js'

const textOf = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')
/** What does not change with the next version of a package. */
const names = (text: string) => text.split('\n').flatMap(line => /^ +[\d.]+ k?B +[\d.]+ % {2}(.+)$/.exec(line)?.[1] ?? [])

describe('deploy on AWS', () => {
  it('bundles as it shows', async () => {
    const world = snippetWorld()
    try {
      const [own, installed] = commandsOf(textOf('bundle.sh')) as [string, string]
      const made = [await world.command(own), await world.command(installed)]
      const shown = textOf('bundle.txt')

      expect(made.map(({ code, err }) => [code, err])).toEqual([
        [0, ''],
        [0, ''],
      ])
      expect(world.files('.')).toEqual(expect.arrayContaining(['./population.zip', './worldbank.zip']))
      expect(names(made[1]?.out ?? '').slice(0, names(shown).length)).toEqual(names(shown))
      for (const line of shown.split('\n').filter(line => /^(The|handler|connectors) /.test(line)))
        expect(made[1]?.out).toContain(line)
    } finally {
      world.close()
    }
  })
})
