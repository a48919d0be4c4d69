// Checks what users would install: packs every workspace, then looks at each tarball with publint, attw, and by loading it
// as ESM and as CJS from a folder where only its declared dependencies can be found; and makes a new project of them. Needs
// `npm run build` first.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { checkNewProject } from './check-new-project.mjs'
import { packageCalls } from './package-calls.mjs'
import { runProgram, twoAtATime } from './parallel.mjs'
import { entriesOf, hasCjs, listWorkspaces, repositoryRoot } from './workspaces.mjs'

const attw = join(repositoryRoot, 'node_modules/@arethetypeswrong/cli/dist/index.js')
const place = mkdtempSync(join(tmpdir(), 'millrace-packages-'))
const workspaces = listWorkspaces()

/** Packs every workspace with one npm call: `{ name: { tarball, files } }`. */
async function pack() {
  const { ok, stdout, output } = await runProgram('npm', ['pack', '--workspaces', '--json', '--pack-destination', place], {
    cwd: repositoryRoot,
  })
  if (!ok) throw new Error(`npm pack failed:\n${output}`)
  const packed = JSON.parse(stdout)
  // npm 12 answers with an object by package name, older ones with a list.
  const list = Array.isArray(packed) ? packed : Object.values(packed)
  return new Map(
    list.map(entry => [entry.name, { tarball: join(place, entry.filename), files: entry.files.map(file => file.path) }]),
  )
}

/** Unpacks a tarball where npm would put it, and links what the package declares, and nothing else, beside it. */
async function install({ folder, manifest }, tarball) {
  const installed = join(place, 'node_modules', manifest.name)
  mkdirSync(installed, { recursive: true })
  const { ok, output } = await runProgram('tar', ['-xzf', tarball, '-C', installed, '--strip-components', '1'])
  if (!ok) throw new Error(`${tarball} does not unpack: ${output}`)
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies }
  for (const name of Object.keys(declared).filter(name => !name.startsWith('@millrace/'))) {
    const target = findInstalled(folder, name)
    if (target === undefined) continue
    const link = join(installed, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(target, link, 'dir')
  }
}

function findInstalled(folder, name) {
  const candidate = join(folder, 'node_modules', name)
  if (existsSync(candidate)) return candidate
  return dirname(folder) === folder ? undefined : findInstalled(dirname(folder), name)
}

function checkFiles(files) {
  const missing = ['README.md', 'LICENSE', 'package.json']
    .filter(name => !files.includes(name))
    .map(name => `${name} is not in the tarball`)
  const unwanted = files
    // A template is handed out with its own sources, test and settings.
    .filter(file => !file.startsWith('templates/') && /^(src|test)\/|\.test\.|tsconfig|tsup\.config/.test(file))
    .map(file => `${file} is in the tarball`)
  return [...missing, ...unwanted]
}

async function checkManifest(tarball) {
  const bytes = readFileSync(tarball)
  const { messages, pkg } = await publint({
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
    strict: true,
    level: 'warning',
  })
  return messages.map(message => `publint: ${formatMessage(message, pkg, { color: false })}`)
}

async function checkTypes(tarball, manifest) {
  // Subpaths cannot be seen by the oldest resolution ("node10"), which reads no `exports`.
  const profile = !hasCjs(manifest) ? 'esm-only' : Object.keys(entriesOf(manifest)).length > 1 ? 'node16' : 'strict'
  const { ok, output } = await runProgram(process.execPath, [
    attw,
    tarball,
    '--profile',
    profile,
    '--format',
    'ascii',
    '--no-color',
    '--no-emoji',
  ])
  return ok ? [] : [`attw: ${output.trim()}`]
}

const firstError = output => output.split('\n').find(line => /^\w*Error\b/.test(line)) ?? output.trim()

/**
 * Loads every entry with `import()` and with `require()`, each in a process of its own, and calls something in it: a wrongly
 * bundled ESM-only default export loads and type-checks, and fails at the first call. CJS runs as AWS Lambda starts Node, where
 * `require` takes no ES module.
 */
async function checkLoading({ manifest }) {
  const problems = []
  for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
    if (typeof target === 'string') continue
    const specifier = `${manifest.name}${subpath.slice(1)}`
    const call = packageCalls[specifier] ?? (() => {})
    if (subpath === '.' && !(specifier in packageCalls)) problems.push('tools/package-calls.mjs has no call for it')
    const body = `async m => { if (Object.keys(m).length === 0) throw new Error('exports nothing'); await (${call})(m) }`
    const programs = {
      import: ['--input-type=module', '--eval', `await (${body})(await import('${specifier}'))`],
      ...(hasCjs(manifest) && {
        require: ['--no-experimental-require-module', '--input-type=commonjs', '--eval', `(${body})(require('${specifier}'))`],
      }),
    }
    for (const [kind, args] of Object.entries(programs)) {
      const { ok, output } = await runProgram(process.execPath, args, { cwd: place, timeout: 30_000 })
      if (!ok) problems.push(`${kind}('${specifier}') fails: ${firstError(output)}`)
    }
  }
  return problems
}

async function checkCommands({ manifest }) {
  const problems = []
  for (const [name, file] of Object.entries(manifest.bin ?? {})) {
    const command = join(place, 'node_modules', manifest.name, file)
    const { ok, output } = await runProgram(process.execPath, [command, '--help'], { cwd: place, timeout: 30_000 })
    if (!ok || !output.includes(name)) problems.push(`${name} --help fails: ${output.trim()}`)
  }
  return problems
}

try {
  const packed = await pack()
  for (const workspace of workspaces) await install(workspace, packed.get(workspace.manifest.name).tarball)

  const failed = await twoAtATime(workspaces, async workspace => {
    const { tarball, files } = packed.get(workspace.manifest.name)
    const problems = [
      ...checkFiles(files),
      ...(await checkManifest(tarball)),
      ...(await checkTypes(tarball, workspace.manifest)),
      ...(await checkLoading(workspace)),
      ...(await checkCommands(workspace)),
    ]
    console.log(
      problems.length === 0
        ? `${workspace.path}  ${files.length} files, good`
        : `${workspace.path}  FAILED\n  ${problems.join('\n  ')}`,
    )
    return problems.length > 0
  })
  const packages = workspaces.map(({ manifest }) => ({ manifest, tarball: packed.get(manifest.name).tarball }))
  const problems = await checkNewProject(packages)
  console.log(problems.length === 0 ? 'a new project  good' : `a new project  FAILED\n  ${problems.join('\n  ')}`)
  if (failed.some(Boolean) || problems.length > 0) process.exitCode = 1
} finally {
  rmSync(place, { recursive: true, force: true })
}
