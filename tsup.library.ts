import { join } from 'node:path'
import { defineConfig, type Options } from 'tsup'
import { entriesOf, hasCjs, readJson } from './tools/workspaces.mjs'

/**
 * How every package is built: ESM and CJS. The entries are those of the package's `exports`
 * (tsup runs in the package's folder), so a new subpath is named in one place only; without `require` there, no CJS.
 *
 * Two configs because only ESM may be split: tsup's split CJS goes through a downlevelling pass that turns `?.`
 * and class fields into helper calls. `p-limit` and `yocto-queue` are ESM-only with a default export, so CJS needs
 * them inside. Declarations are made for all packages at once (tools/declarations.mjs). Nothing here cleans `dist`:
 * the two configs would delete each other's output (the build script cleans).
 */
export const library = (over: Options = {}) => {
  const manifest = readJson(join(process.cwd(), 'package.json'))
  const base: Options = {
    entry: entriesOf(manifest),
    sourcemap: true,
    target: 'node20',
    platform: 'node',
    noExternal: ['p-limit', 'yocto-queue'],
  }
  return defineConfig([
    { ...base, format: 'esm', splitting: true, ...over },
    ...(hasCjs(manifest) ? [{ ...base, format: 'cjs', splitting: false, ...over } satisfies Options] : []),
  ])
}
