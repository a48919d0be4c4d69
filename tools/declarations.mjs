// The declarations of every package, made by one run of the compiler: as many programs as packages would check the same sources again
// and again.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { runProgram } from './parallel.mjs'
import { entriesOf, hasCjs, repositoryRoot } from './workspaces.mjs'

const tsc = join(repositoryRoot, 'node_modules/typescript/bin/tsc')

/** Compiles them; `{ ok, output, write, dispose }`, where `write` puts those of one package into its `dist`. */
export async function compileDeclarations() {
  const place = mkdtempSync(join(tmpdir(), 'millrace-declarations-'))
  const { ok, output } = await runProgram(process.execPath, [tsc, '-p', 'tsconfig.declarations.json', '--outDir', place], {
    cwd: repositoryRoot,
  })
  return {
    ok,
    output,
    write: workspace => writeDeclarations(workspace, join(place, workspace.path, 'src')),
    dispose: () => rmSync(place, { recursive: true, force: true }),
  }
}

/** Those that the package's entries lead to, and no others. The ones for `require` say the same under the names it wants. */
function writeDeclarations({ folder, manifest }, compiled) {
  const files = Object.keys(entriesOf(manifest)).map(entry => `${entry}.d.ts`)
  for (const file of files) {
    const text = readFileSync(join(compiled, file), 'utf8')
    const own = ts.preProcessFile(text).importedFiles.filter(({ fileName }) => /^\.{1,2}\//.test(fileName))
    const target = join(folder, 'dist', file)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
    if (hasCjs(manifest)) writeFileSync(target.replace(/\.ts$/, '.cts'), renamed(text, own))
    for (const { fileName } of own) {
      const next = join(dirname(file), fileName.replace(/\.js$/, '.d.ts'))
      if (!files.includes(next)) files.push(next)
    }
  }
}

/** From the last to the first, so that the places of the others stay. `pos` is that of the quotation mark. */
function renamed(text, imports) {
  return imports
    .toSorted((one, other) => other.pos - one.pos)
    .reduce((done, { fileName, pos }) => {
      const end = pos + 1 + fileName.length
      return `${done.slice(0, end).replace(/js$/, 'cjs')}${done.slice(end)}`
    }, text)
}
