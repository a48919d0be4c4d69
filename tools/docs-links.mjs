// Looks at every link of the built site that stays within it: the page must be there, and so must the place on the page.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { repositoryRoot } from './workspaces.mjs'

const site = resolve(process.argv[2] ?? join(repositoryRoot, 'docs/api'))
const anchors = new Map()

function anchorsOf(file) {
  const known = anchors.get(file)
  if (known) return known
  const found = new Set([...readFileSync(file, 'utf8').matchAll(/\b(?:id|name)="([^"]+)"/g)].map(match => match[1]))
  anchors.set(file, found)
  return found
}

function problemOf(page, href) {
  const [path, fragment] = href.replaceAll('&amp;', '&').split('#')
  const target = path === '' ? page : resolve(dirname(page), decodeURIComponent(path))
  if (!existsSync(target)) return 'there is no such page'
  if (statSync(target).isDirectory()) return 'is a folder'
  if (!fragment || !target.endsWith('.html')) return undefined
  return anchorsOf(target).has(decodeURIComponent(fragment)) ? undefined : 'the page has no such place'
}

const pages = readdirSync(site, { recursive: true }).filter(name => name.endsWith('.html'))
const problems = new Set()
let count = 0
for (const name of pages) {
  const page = join(site, name)
  // Links to sources lead out of the site, into the repository around it.
  const links = [...readFileSync(page, 'utf8').matchAll(/\bhref="([^"]+)"/g)]
    .map(match => match[1])
    .filter(href => !/^[a-z]+:/.test(href))
  count += links.length
  for (const href of new Set(links)) {
    const problem = problemOf(page, href)
    if (problem) problems.add(`${relative(site, page)}: ${href}: ${problem}`)
  }
}
for (const problem of problems) console.error(problem)
if (problems.size > 0 || pages.length === 0) process.exitCode = 1
else console.log(`${pages.length} pages, ${count} links within the site, all good`)
