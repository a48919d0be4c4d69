import { relative } from 'node:path'
import type { Metafile, Plugin } from 'esbuild'
import { isVirtual, packageNameOf, packageOf, projectFolder } from './project.js'

/** Where a file asks for compiled code, which no bundle can hold. */
export interface AddonUse {
  /** The file that asks, as an absolute path. */
  readonly file: string
  /** The package that has the addon, if the file names it. */
  readonly addon: string
}

/** Packages that find an addon at run time, by a path the compiler cannot see. */
const finders = /^(bindings|node-gyp-build(-optional-packages)?|pkg-prebuilds|prebuildify|(@mapbox\/)?node-pre-gyp)$/

/**
 * Leaves `*.node` files outside: where the code is called, Node looks for them in `node_modules` (or NODE_PATH, as for Lambda layers).
 *
 * @param uses - Gets each place that asks for one; also those that are dropped as unused.
 */
export function nativeAddons(uses: AddonUse[]): Plugin {
  return {
    name: 'native-addons',
    setup(builder) {
      builder.onResolve({ filter: /\.node$/ }, ({ path, importer, resolveDir }) => {
        const asked = path.startsWith('.') ? withinPackage(path, resolveDir, importer) : path
        uses.push({ file: importer, addon: packageOf(asked) })
        return { path: asked, external: true }
      })
      builder.onResolve({ filter: finders }, ({ importer }) => {
        const name = packageNameOf(importer)
        if (name !== undefined && !finders.test(name)) uses.push({ file: importer, addon: name })
        return undefined
      })
    },
  }
}

/** `../build/x.node` as others would ask for it: `package/build/x.node`. */
function withinPackage(path: string, folder: string, importer: string): string {
  return [packageNameOf(importer) ?? '.', relative(projectFolder(importer), `${folder}/${path}`)].join('/').replaceAll('\\', '/')
}

/** A package whose addon the bundle would load. */
export interface AddonNeed {
  readonly package: string
  /** The packages that lead to it, the pipeline's own import first: `['@millrace/duckdb', '@duckdb/node-api']`. */
  readonly through: readonly string[]
}

/** The addons that what is in these outputs asks for, by the package that asks. */
export function addonNeeds(
  uses: readonly AddonUse[],
  metafile: Metafile,
  outputs: ReadonlySet<string>,
  pathOf: (input: string) => string,
): AddonNeed[] {
  const inputs = new Map(Object.keys(metafile.inputs).map(input => [pathOf(input), input]))
  const used = new Set([...outputs].flatMap(output => Object.keys(metafile.outputs[output]?.inputs ?? {})))
  const needs = new Map<string, AddonNeed>()
  for (const { file, addon } of uses) {
    const input = inputs.get(file)
    if (input === undefined || !used.has(input)) continue
    const name = packageNameOf(file) ?? addon
    if (!needs.has(name)) needs.set(name, { package: name, through: packagesBefore(input, name, metafile, pathOf) })
  }
  return [...needs.values()].sort((a, b) => (a.package < b.package ? -1 : 1))
}

/** The packages on a shortest way from the pipeline to a file, without its own and the pipeline's. */
function packagesBefore(target: string, own: string, { inputs }: Metafile, pathOf: (input: string) => string): string[] {
  const importers = new Map<string, string[]>()
  for (const [input, { imports }] of Object.entries(inputs)) {
    for (const { path } of imports) importers.set(path, [...(importers.get(path) ?? []), input])
  }
  const ways: string[][] = [[target]]
  const seen = new Set([target])
  for (const way of ways) {
    const before = importers.get(way[0] as string) ?? []
    if (before.length === 0) {
      const names = way.map(input => (isVirtual(input) ? undefined : packageNameOf(pathOf(input))))
      const pipeline = names.find(name => name !== undefined)
      return [...new Set(names)].filter((name): name is string => name !== undefined && name !== own && name !== pipeline)
    }
    for (const input of before) if (!seen.has(input)) ways.push([input, ...way])
    for (const input of before) seen.add(input)
  }
  return []
}
