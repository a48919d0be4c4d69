// Builds the JavaScript of every package (ESM only, no types): some 30 ms, so `npm ci` and every test run can do it.
// The full build, with CJS and declarations, is `npm run build`. Another root may be given, for the tests.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { build, formatMessages } from 'esbuild'
import { entriesOf, listWorkspaces, repositoryRoot } from './workspaces.mjs'

const root = resolve(process.argv[2] ?? repositoryRoot)

async function buildPackage({ path, folder, manifest }) {
  const entries = Object.entries(entriesOf(manifest))
  const missing = entries.filter(([, source]) => !existsSync(join(folder, source))).map(([, source]) => source)
  if (missing.length > 0) return `${path}: package.json exports ${missing.join(', ')}, which does not exist`
  if (entries.length === 0) return `${path}: package.json exports nothing under the condition "millrace-source"`

  try {
    const { outputFiles } = await build({
      entryPoints: entries.map(([out, source]) => ({ out, in: join(folder, source) })),
      outdir: join(folder, 'dist'),
      bundle: true,
      splitting: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: true,
      write: false,
      logLevel: 'silent',
    })
    for (const { path: file, contents } of outputFiles) writeIfChanged(file, contents)
    removeStale(join(folder, 'dist'), new Set(outputFiles.map(file => file.path)))
  } catch (error) {
    const details = await formatMessages(error.errors ?? [{ text: String(error) }], { kind: 'error' })
    return `${path}: does not build\n${details.join('')}`
  }
}

// Written aside and renamed: a command started by another test run never reads half a file.
function writeIfChanged(file, contents) {
  if (existsSync(file) && readFileSync(file).equals(contents)) return
  mkdirSync(dirname(file), { recursive: true })
  const aside = `${file}.${process.pid}.part`
  writeFileSync(aside, contents)
  renameSync(aside, file)
}

// Chunk names carry a hash, so old chunks pile up. CJS and declarations belong to the full build and stay.
function removeStale(dist, current) {
  for (const entry of readdirSync(dist, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath ?? entry.path, entry.name)
    if (entry.isFile() && /\.js(\.map)?$/.test(entry.name) && !current.has(file)) rmSync(file, { force: true })
  }
}

const problems = (await Promise.all(listWorkspaces(root).map(buildPackage))).filter(Boolean)
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
