// Writes snippets and generated tables into the documents: `npm run docs:sync`. With --check nothing is written; stale documents are named.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { facts } from './docs-facts.mjs'
import { generators, pages } from './docs-generated.mjs'
import { filledIn, snippetBlock } from './docs-snippets.mjs'
import { repositoryRoot } from './workspaces.mjs'

const guides = 'docs/guide'
const read = file => (existsSync(join(repositoryRoot, file)) ? readFileSync(join(repositoryRoot, file), 'utf8') : undefined)

/** Every document that has something of the sources in it: what it says and what it should say. */
export async function documentsNow() {
  const known = await facts()
  const tables = generators(known)
  const generated = name => {
    if (!Object.hasOwn(tables, name)) throw new Error(`nothing generates "${name}" (known: ${Object.keys(tables).join(', ')})`)
    return tables[name]()
  }
  const snippet = reference => snippetBlock(join(repositoryRoot, 'docs/snippets'), reference)
  const written = readdirSync(join(repositoryRoot, guides))
    .filter(name => name.endsWith('.md'))
    .sort()
    .map(name => {
      const file = `${guides}/${name}`
      const found = read(file)
      try {
        return { file, found, wanted: filledIn(found, { snippet, generated }) }
      } catch (error) {
        throw new Error(`${file}: ${error.message}`, { cause: error })
      }
    })
  const made = Object.entries(pages(known)).map(([file, wanted]) => ({ file, found: read(file), wanted }))
  return [...written, ...made]
}

async function main() {
  const stale = (await documentsNow()).filter(({ found, wanted }) => found !== wanted)
  if (process.argv.includes('--check')) {
    for (const { file } of stale) console.error(`${file} does not say what the sources say: npm run docs:sync`)
    if (stale.length > 0) process.exitCode = 1
    return
  }
  for (const { file, wanted } of stale) {
    mkdirSync(dirname(join(repositoryRoot, file)), { recursive: true })
    writeFileSync(join(repositoryRoot, file), wanted)
    console.log(file)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
