// Puts text into Markdown between markers, so that no example and no table of a guide is written by hand twice:
//
//   <!-- snippet: objects/latest.ts#pipeline -->     a file below docs/snippets, or one `#region` of it
//   <!-- generated: guarantees -->                   what one of the generators of docs-generated.mjs gives
//
// Each ends with `<!-- /snippet -->` or `<!-- /generated -->`; what stands between is replaced.
import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

/** By ending: the language of the code block. What is not listed is shown as text. */
const languages = { '.ts': 'ts', '.mjs': 'js', '.sh': 'sh', '.json': 'json', '.csv': 'text', '.txt': 'text' }

const code = new Set(['ts', 'js'])

const marker = /^<!-- (snippet|generated): (\S+) -->\n[\s\S]*?^<!-- \/\1 -->$/gm
const regionStart = /^\s*(?:\/\/|#) #region (\S+)\s*$/
const regionEnd = /^\s*(?:\/\/|#) #endregion\b/
// Said to the tools, not to the reader.
const forTools = /^\s*(?:\/\/ biome-ignore |#!\/)/

/** The lines of one region, or of the whole text, without markers and without common indentation. */
export function regionOf(text, region, file) {
  const open = []
  const lines = []
  let seen = region === undefined
  for (const line of text.trimEnd().split('\n')) {
    const name = regionStart.exec(line)?.[1]
    if (name !== undefined) {
      open.push(name)
      if (name === region) seen = true
    } else if (regionEnd.test(line)) open.pop()
    else if (!forTools.test(line) && (region === undefined || open.includes(region))) lines.push(line)
  }
  if (!seen) throw new Error(`${file} has no region "${region}"`)
  if (open.length > 0) throw new Error(`${file}: the region "${open.at(-1)}" does not end`)
  while (lines[0] === '') lines.shift()
  while (lines.at(-1) === '') lines.pop()
  const indent = Math.min(...lines.filter(line => line !== '').map(line => line.search(/\S/)))
  return lines.map(line => line.slice(indent)).join('\n')
}

/** The code block for a reference such as `objects/latest.ts#pipeline`; under code, the file it is from, as a guide links to it. */
export function snippetBlock(snippets, reference) {
  const [file, region] = reference.split('#')
  const text = readFileSync(join(snippets, file), 'utf8')
  const language = languages[extname(file)] ?? 'text'
  const block = `\`\`\`${language}\n${regionOf(text, region, file)}\n\`\`\``
  // Commands and what they print stand for themselves; code has a place where the rest of it is.
  return code.has(language)
    ? `${block}\n\n${region === undefined ? '' : 'From '}[docs/snippets/${file}](../snippets/${file})`
    : block
}

/** Markdown with what its markers ask for between them. */
export function filledIn(markdown, { snippet, generated }) {
  return markdown.replace(marker, (_, kind, reference) => {
    const text = kind === 'snippet' ? snippet(reference) : generated(reference)
    return `<!-- ${kind}: ${reference} -->\n${text}\n<!-- /${kind} -->`
  })
}

/** The files, relative to docs/snippets, that a document shows. */
export function snippetsIn(markdown) {
  return [...markdown.matchAll(marker)].flatMap(([, kind, reference]) => (kind === 'snippet' ? [reference.split('#')[0]] : []))
}

/** Code blocks that stand outside of all markers, by their first line. */
export function looseBlocks(markdown) {
  const rest = markdown.replace(marker, '')
  return [...rest.matchAll(/^```.*\n(.*)$/gm)].flatMap(([, line], index) => (index % 2 === 0 ? [line] : []))
}
