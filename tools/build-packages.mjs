// The full build: ESM, CJS and declarations of every package, the scripts by each package's own tsup configuration.
// Packages find each other's sources through the `millrace-source` condition, so the order does not matter.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { compileDeclarations } from './declarations.mjs'
import { runProgram, twoAtATime } from './parallel.mjs'
import { listWorkspaces, repositoryRoot } from './workspaces.mjs'

const tsup = join(repositoryRoot, 'node_modules/tsup/dist/cli-default.js')
const seconds = since => `${((performance.now() - since) / 1000).toFixed(1)} s`
const started = performance.now()

const compiling = compileDeclarations()
const workspaces = listWorkspaces()
const failed = await twoAtATime(workspaces, async ({ path, folder }) => {
  const since = performance.now()
  rmSync(join(folder, 'dist'), { recursive: true, force: true })
  const { ok, output } = await runProgram(process.execPath, [tsup, '--silent'], { cwd: folder })
  console.log(ok ? `${path}  ${seconds(since)}` : `${path}  FAILED\n${output}`)
  return ok ? undefined : path
})

const declarations = await compiling
if (declarations.ok) for (const workspace of workspaces) declarations.write(workspace)
else console.error(`The declarations do not compile:\n${declarations.output}`)
declarations.dispose()
console.log(`declarations  ${seconds(started)}`)

const names = failed.filter(Boolean)
console.log(`${failed.length - names.length} of ${failed.length} packages built in ${seconds(started)}`)
if (names.length > 0) console.error(`Not built: ${names.join(', ')}`)
if (names.length > 0 || !declarations.ok) process.exitCode = 1
