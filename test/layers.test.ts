import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listWorkspaces, type Workspace } from '../tools/workspaces.mjs'
import { findCycle, type Module, modulesIn, packageNameOf } from './support/modules.js'

// Imports point one way: a package may use those of lower layers only, never its own layer's.
const layers: readonly (readonly [name: string, belongs: RegExp])[] = [
  ['core', /^packages\/etl-core$/],
  ['schema', /^packages\/schema$/],
  ['bytes and places', /^packages\/(aws|formats|http|objects|relational)$/],
  ['one package per foreign system, and the testkit', /^packages\/(?!source-|sink-|athena$)/],
  ['sources, sinks and what stands on several systems', /^packages\//],
  ['adapters', /^adapters\//],
  ['systems', /^systems\//],
]

const layerOf = (path: string): number => layers.findIndex(([, belongs]) => belongs.test(path))

const workspaces = listWorkspaces()
const workspaceByName = new Map(workspaces.map(workspace => [workspace.manifest.name, workspace]))

const sources = (workspace: Workspace): Module[] => modulesIn(workspace.folder, 'src')

/** What a user gets besides `src`: a command's shim, a system's own scripts. */
const published = (workspace: Workspace): Module[] => {
  const folders = (workspace.manifest.files ?? []).filter(name => name !== 'dist' && /^[\w-]+$/.test(name))
  return [
    ...sources(workspace),
    ...modulesIn(workspace.folder, ...folders.filter(name => existsSync(join(workspace.folder, name)))),
  ]
}

const upwardImports = (workspace: Workspace): string[] =>
  sources(workspace).flatMap(({ file, imports }) =>
    imports.flatMap(specifier => {
      const target = workspaceByName.get(packageNameOf(specifier) ?? '')
      if (target === undefined || target === workspace) return []
      return layerOf(target.path) < layerOf(workspace.path) ? [] : [`${file} imports ${target.path}`]
    }),
  )

/** At run time: two files may still know each other's types. */
function importsBetweenFiles(workspace: Workspace): Map<string, string[]> {
  const modules = sources(workspace)
  const resolve = (from: string, specifier: string) => posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts')
  const edges = ({ file, loads }: Module) => loads.filter(name => name.startsWith('.')).map(name => resolve(file, name))
  return new Map(modules.map(module => [module.file, edges(module)]))
}

describe('the direction of imports', () => {
  test('a layer is known for every workspace', () => {
    expect(workspaces.filter(workspace => layerOf(workspace.path) === -1)).toEqual([])
  })

  test.each(workspaces)('$path imports lower layers only', workspace => {
    expect(upwardImports(workspace)).toEqual([])
  })

  test.each(workspaces)('$path has no import cycle between its files', workspace => {
    expect(findCycle(importsBetweenFiles(workspace))).toBeUndefined()
  })

  test.each(workspaces)('$path reaches into no other package by file path', workspace => {
    const outside = sources(workspace).flatMap(({ file, imports }) =>
      imports
        .filter(name => name.startsWith('.') && posix.join(posix.dirname(file), name).startsWith('..'))
        .map(name => `${file}: ${name}`),
    )

    expect(outside).toEqual([])
  })
})

describe('declared dependencies', () => {
  test.each(workspaces)('$path declares exactly what it imports', workspace => {
    const { dependencies, peerDependencies, optionalDependencies, name } = workspace.manifest
    const declared = Object.keys({ ...dependencies, ...peerDependencies, ...(optionalDependencies as object | undefined) })
    const used = new Set(published(workspace).flatMap(({ imports }) => imports.map(packageNameOf)))
    used.delete(undefined)
    used.delete(name)
    // A package of types stands for the untyped module it describes, which may exist on the target only.
    const names = declared.map(dependency => (dependency.startsWith('@types/') ? dependency.slice('@types/'.length) : dependency))

    expect({
      undeclared: [...used].filter(it => !names.includes(it ?? '')).sort(),
      unused: names.filter(it => !used.has(it)).sort(),
    }).toEqual({
      undeclared: [],
      unused: [],
    })
  })
})

describe('findCycle', () => {
  test('names the files of a cycle', () => {
    const edges = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', []],
      ['d', ['b']],
    ])

    expect(findCycle(edges)).toEqual(['b', 'd', 'b'])
  })

  test('finds none where two files share a third', () => {
    expect(findCycle(new Map(Object.entries({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] })))).toBeUndefined()
  })
})
