import type { Metafile } from 'esbuild'
import { isVirtual, packageNameOf } from './project.js'

/** What a package adds to a bundle. */
export interface PackageWeight {
  readonly name: string
  /** Of minified code, uncompressed. */
  readonly bytes: number
}

/** What joins the parts, and the handler's own lines. */
const glue = '(joins)'

/** Each package in these outputs, the heaviest first. Sums up to the size of all code. */
export function weights(
  metafile: Metafile,
  outputs: ReadonlySet<string>,
  pathOf: (input: string) => string,
): readonly PackageWeight[] {
  const bytesOf = new Map<string, number>()
  const add = (name: string, bytes: number) => bytesOf.set(name, (bytesOf.get(name) ?? 0) + bytes)
  for (const output of outputs) {
    const { bytes = 0, inputs = {} } = metafile.outputs[output] ?? {}
    let rest = bytes
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      add(isVirtual(input) ? glue : (packageNameOf(pathOf(input)) ?? '(own files)'), bytesInOutput)
      rest -= bytesInOutput
    }
    add(glue, rest)
  }
  return [...bytesOf]
    .map(([name, bytes]) => ({ name, bytes }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1))
}
