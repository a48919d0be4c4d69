// The full build: ESM, CJS and declarations of every package, by each package's own tsup configuration.
// Packages find each other's sources through the `millrace-source` condition, so the order does not matter.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram, twoAtATime } from './parallel.mjs'
import { hasCjs, listWorkspaces, repositoryRoot } from './workspaces.mjs'

const tsup = join(repositoryRoot, 'node_modules/tsup/dist/cli-default.js')
const seconds = since => `${((performance.now() - since) / 1000).toFixed(1)} s`
const started = performance.now()

const failed = await twoAtATime(listWorkspaces(), async ({ path, folder, manifest }) => {
  const since = performance.now()
  rmSync(join(folder, 'dist'), { recursive: true, force: true })
  const { ok, output } = await runProgram(process.execPath, [tsup, '--silent'], { cwd: folder })
  if (ok && hasCjs(manifest)) writeCjsTypes(join(folder, 'dist'))
  console.log(ok ? `${path}  ${seconds(since)}` : `${path}  FAILED\n${output}`)
  return ok ? undefined : path
})

const names = failed.filter(Boolean)
console.log(`${failed.length - names.length} of ${failed.length} packages built in ${seconds(started)}`)
if (names.length > 0) {
  console.error(`Not built: ${names.join(', ')}`)
  process.exitCode = 1
}

/** The declarations for `require` are those for `import` under other names: making them again would take as long as all the rest. */
function writeCjsTypes(dist) {
  const declarations = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.d.ts'))
  for (const name of declarations) {
    const text = readFileSync(join(dist, name), 'utf8').replace(/(['"])(\.{1,2}\/[^'"]+)\.js\1/g, '$1$2.cjs$1')
    writeFileSync(join(dist, name.replace(/\.d\.ts$/, '.d.cts')), text)
  }
}
