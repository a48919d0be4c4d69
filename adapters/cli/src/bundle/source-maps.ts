import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { Plugin } from 'esbuild'
import { isVirtual, packageNameOf, portablePath } from './project.js'

/**
 * Maps third-party code by file only, without lines: maps of it would be larger than all the rest of a bundle, and slow down the first error.
 * Own files and those of Millrace are mapped line by line.
 */
export const filesOnlyOfOthers: Plugin = {
  name: 'files-only-of-others',
  setup(builder) {
    builder.onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
      if (packageNameOf(path)?.startsWith('@millrace/')) return undefined
      const text = await readFile(path, 'utf8')
      const map = JSON.stringify({ version: 3, sources: [basename(path)], mappings: 'AAAA' })
      const url = `data:application/json;base64,${Buffer.from(map).toString('base64')}`
      return { contents: `${text}\n//# sourceMappingURL=${url}`, loader: 'js' }
    })
  },
}

/** A source map whose files are told from the project, not from where it lies on this computer. */
export function portableMap(text: string, file: string, project: string): string {
  const map = JSON.parse(text) as { sources: string[] }
  const sources = map.sources.map(source => (isVirtual(source) ? source : portablePath(resolve(dirname(file), source), project)))
  return JSON.stringify({ ...map, sources })
}
