import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { listWorkspaces, readJson, repositoryRoot } from '../tools/workspaces.mjs'

const folder = join(repositoryRoot, '.changeset')
const names = listWorkspaces().map(({ manifest }) => manifest.name)
const changesets = readdirSync(folder).filter(file => file.endsWith('.md') && file !== 'README.md')

const partsOf = (file: string): { releases: Record<string, string>; sentence: string } => {
  const [, front = '', ...rest] = readFileSync(join(folder, file), 'utf8').split(/^---$/m)
  return { releases: (parse(front) ?? {}) as Record<string, string>, sentence: rest.join('').trim() }
}

describe('changesets', () => {
  test('release every package under the version of all', () => {
    const { fixed, access } = readJson(join(folder, 'config.json'))

    expect({ fixed, access }).toEqual({ fixed: [['@millrace/*']], access: 'public' })
    expect(names.filter(name => !name.startsWith('@millrace/'))).toEqual([])
  })

  // None is waiting right after a release.
  test.each(changesets)('%s names packages that exist, their size, and says something to their users', file => {
    const { releases, sentence } = partsOf(file)

    expect(Object.keys(releases).filter(name => !names.includes(name))).toEqual([])
    expect(Object.values(releases).filter(size => !/^(patch|minor|major)$/.test(size))).toEqual([])
    expect(sentence).toMatch(/^[A-Z].*\.$/s)
  })
})
