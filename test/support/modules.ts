import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
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
  folders.flatMap(folder => filesBelow(join(packageFolder, folder))).map(path => readModule(packageFolder, path))

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    return /\.[cm]?[jt]s$/.test(entry.name) ? [path] : []
  })
}

function readModule(packageFolder: string, path: string): Module {
  const text = readFileSync(path, 'utf8')
  return {
    file: relative(packageFolder, path).replaceAll('\\', '/'),
    lines: text.trimEnd().split('\n').length,
    imports: specifiersOf(text),
    loads: specifiersOf(ts.transpileModule(text, { compilerOptions: { ...esnext, verbatimModuleSyntax: true } }).outputText),
  }
}

const esnext = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
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
