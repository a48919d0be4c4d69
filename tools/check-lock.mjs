// Refuses a lock file that `npm ci` would refuse, or that only installs from one registry.
// npm writes such a lock without a word when the registry in reach lacks a platform's binary. Another root may be given.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readJson, repositoryRoot } from './workspaces.mjs'

const root = resolve(process.argv[2] ?? repositoryRoot)
const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8')
const { packages } = JSON.parse(lockText)
const { overrides = {} } = readJson(join(root, 'package.json'))
const problems = []

// As Node finds it: in the package's own node_modules, then in each one above it.
function isLocked(from, name) {
  if (`${from ? `${from}/` : ''}node_modules/${name}` in packages) return true
  if (from === '') return false
  const above = from.lastIndexOf('/node_modules/')
  return isLocked(above === -1 ? '' : from.slice(0, above), name)
}

for (const [path, entry] of Object.entries(packages)) {
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!isLocked(path, name))
      problems.push(`${path} wants the optional ${name}, which the lock does not have: pin a version that is complete`)
  }
}

for (const [name, version] of Object.entries(overrides)) {
  for (const [path, entry] of Object.entries(packages)) {
    if (path.endsWith(`node_modules/${name}`) && entry.version !== version) {
      problems.push(`${path} is ${entry.version}, but package.json overrides it to ${version}`)
    }
  }
}

const hosts = new Set([...lockText.matchAll(/"resolved": "(https?:\/\/[^/"]+)/g)].map(match => match[1]))
for (const host of hosts)
  problems.push(`the lock names the registry ${host}: .npmrc must have omit-lockfile-registry-resolved=true`)

for (const problem of problems) console.error(`package-lock.json: ${problem}`)
if (problems.length > 0) process.exitCode = 1
else console.log(`package-lock.json: ${Object.keys(packages).length} packages, complete, no registry named`)
