// `npm run bench`: builds the packages as they ship and the benchmark beside them, then runs it. No loader is in the measured processes.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = resolve(fileURLToPath(import.meta.url), '../..')
mkdirSync(join(root, 'out'), { recursive: true })
// Below the root, so that packages are found; a folder of its own, so that two runs do not meet.
const built = mkdtempSync(join(root, 'out/bench-js-'))
process.on('exit', () => rmSync(built, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))

const packages = spawnSync(process.execPath, [join(root, 'tools/build-js.mjs')], { stdio: 'inherit' })
if (packages.status !== 0) process.exit(1)
await build({
  entryPoints: ['main', 'measured', 'generate', 's3-process', 'plants-process', 'import-time', 'micro-process'].map(name =>
    join(root, `bench/${name}.ts`),
  ),
  outdir: built,
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
})
const { main } = await import(pathToFileURL(join(built, 'main.js')).href)
process.exitCode = await main(process.argv.slice(2), { built, root })
