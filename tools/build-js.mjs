// Builds the JavaScript (ESM only, no types) of every package with one esbuild call: some 30 ms, so `npm ci` can do it.
// The full build, with CJS and declarations, is `npm run build`.
import { existsSync, readdirSync } from 'node:fs'
import { build } from 'esbuild'

const root = new URL('..', import.meta.url).pathname
const folders = ['packages', 'adapters', 'systems']
  .filter(kind => existsSync(`${root}${kind}`))
  .flatMap(kind => readdirSync(`${root}${kind}`).map(name => `${root}${kind}/${name}`))
  .filter(folder => existsSync(`${folder}/src/index.ts`))

await Promise.all(
  folders.map(folder =>
    build({
      entryPoints: [`${folder}/src/index.ts`],
      outdir: `${folder}/dist`,
      bundle: true,
      splitting: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: true,
      logLevel: 'warning',
    }),
  ),
)
