import { defineConfig, type Options } from 'tsup'

/**
 * How every package is built: ESM and CJS, with types for both.
 *
 * Two configs because only ESM may be split: tsup's split CJS goes through a downlevelling pass that turns `?.`
 * and class fields into helper calls. `p-limit` and `yocto-queue` are ESM-only with a default export, so CJS needs
 * them inside. Nothing here cleans `dist`: the two configs would delete each other's output (the build script cleans).
 */
export const library = (over: Options = {}) => {
  const base: Options = {
    entry: ['src/index.ts'],
    dts: true,
    sourcemap: true,
    target: 'node20',
    platform: 'node',
    noExternal: ['p-limit', 'yocto-queue'],
  }
  return defineConfig([
    { ...base, format: 'esm', splitting: true, ...over },
    { ...base, format: 'cjs', splitting: false, ...over },
  ])
}
