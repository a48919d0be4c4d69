// What `tsc --noEmit` says, and what only a whole program shows besides: promises that nobody waits for, across packages too (Biome
// follows types within a package), and exports without a docstring. One program for all three, as most of the time goes into making it.
import { join } from 'node:path'
import ts from 'typescript'
import { floatingPromises, undocumentedExports, wholeTree } from './whole-tree.mjs'
import { entriesOf, listWorkspaces, repositoryRoot } from './workspaces.mjs'

const { program, files, errors } = wholeTree()
const host = {
  getCanonicalFileName: name => name,
  getCurrentDirectory: () => repositoryRoot,
  getNewLine: () => '\n',
}
const found = [...errors, ...ts.getPreEmitDiagnostics(program)]
if (found.length > 0) process.stderr.write(ts.formatDiagnostics(found, host))

const floating = floatingPromises(program, files)
for (const statement of floating) console.error(`${statement}: nobody waits for this promise`)

const entries = listWorkspaces().flatMap(({ folder, manifest }) =>
  Object.values(entriesOf(manifest)).map(file => join(folder, file)),
)
const unsaid = entries.flatMap(entry => undocumentedExports(program, entry).map(name => `${entry}: ${name}`))
for (const name of unsaid) console.error(`${name} is exported without a docstring`)

if (found.length + floating.length + unsaid.length > 0) process.exitCode = 1
else console.log(`types: ${files.size} files, ${entries.length} entries of packages`)
