import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { transformSync } from 'esbuild'
import ts from 'typescript'

export interface Module {
  /** From the package folder, with forward slashes: `src/steps/map.ts`. */
  readonly file: string
  readonly lines: number
  /** Every specifier it names: static, dynamic, `export from` and type-only. */
  readonly imports: readonly string[]
  /** Those of `imports` that are left when the types are gone. */
  readonly loads: readonly string[]
}

/** The TypeScript and JavaScript files below a folder of a package, with what they import. */
export const modulesIn = (packageFolder: string, ...folders: string[]): Module[] =>
  folders.flatMap(folder => filesBelow(join(packageFolder, folder))).map(path => moduleAt(packageFolder, path))

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    return /\.[cm]?[jt]s$/.test(entry.name) ? [path] : []
  })
}

/** Many tests ask for the same files, and parsing takes a while. */
const modules = new Map<string, Module>()

function moduleAt(packageFolder: string, path: string): Module {
  const known = modules.get(path) ?? readModule(packageFolder, path)
  modules.set(path, known)
  return known
}

function readModule(packageFolder: string, path: string): Module {
  const text = readFileSync(path, 'utf8')
  let imports: readonly string[] | undefined
  let loads: readonly string[] | undefined
  return {
    file: relative(packageFolder, path).replaceAll('\\', '/'),
    lines: text.trimEnd().split('\n').length,
    get imports() {
      imports ??= specifiersOf(text)
      return imports
    },
    get loads() {
      loads ??= specifiersOf(transformSync(text, { loader: 'ts', tsconfigRaw }).code)
      return loads
    },
  }
}

const tsconfigRaw = { compilerOptions: { verbatimModuleSyntax: true } }
const specifiersOf = (text: string): string[] =>
  ts.preProcessFile(text, true, true).importedFiles.map(imported => imported.fileName)

/** `@scope/name/sub` and `name/sub` without the subpath; nothing for a relative path or a Node built-in. */
export function packageNameOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? `${parts[0]}/${parts[1]}` : parts[0]
}

/** The first import cycle found, as the list of its files, or nothing. `edges` maps a file to the files it imports. */
export function findCycle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const finished = new Set<string>()

  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (finished.has(file)) return undefined
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next, [...path, file])
      if (cycle !== undefined) return cycle
    }
    finished.add(file)
    return undefined
  }

  for (const file of edges.keys()) {
    const cycle = visit(file, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}
