import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '@millrace/etl-core'
import { describe, expect, it } from 'vitest'
import orders from './orders.js'
import { replayRefused } from './replay.js'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const text = (name: string) => readFileSync(path(name), 'utf8')

/** What the demo prints below each of its titles. Times, and the name of a replay, which depends on the files' own, are the same ones each time. */
function transcripts(): string[] {
  const printed = execFileSync(process.execPath, [path('./demo.mjs')], { encoding: 'utf8' })
  return printed
    .split(/^\d\. .*\n-+\n\n/m)
    .slice(1)
    .map(section =>
      section
        .trimEnd()
        .replace(/\(\d+(\.\d)? m?s\)/g, '(12 ms)')
        .replace(/replay-[0-9a-f]{16}/g, 'replay-c2d79c4f58233519'),
    )
}

describe('npm run demo:rejects', () => {
  it('prints what the guide shows, and ends with nothing left', async () => {
    const names = ['run', 'ls', 'show', 'replay', 'discard', 'nothing-left']
    const sections = transcripts()

    expect(sections).toHaveLength(names.length)
    for (const [at, name] of names.entries()) await expect(`${sections[at]}\n`).toMatchFileSnapshot(`./transcript/${name}.txt`)
    expect(sections.at(-1)).toContain('"orders" has no rejects')
    expect(sections.at(-1)).toContain('orders: unchanged')
  })
})

describe('the library call of the guide', () => {
  it('replays what a step refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-rejects-'))
    cpSync(path('./in'), join(folder, 'in'), { recursive: true })
    const [from, to] = [`file:${folder}/in`, `file:${folder}/out`]
    const first = await run(orders, { from, to })

    expect(first.counts).toMatchObject({ written: 4, rejected: 3 })
    expect(await replayRefused(from, to)).toEqual({ status: 'succeeded', written: 4, left: 1 })
    expect(readFileSync(join(folder, 'out/monday.csv'), 'utf8')).toContain('1002,Ben,1204.50\n')
  })
})

describe('docs/guide/rejects.md', () => {
  const guide = text('../../guide/rejects.md')
  const marked = /^<!-- snippet: rejects\/(\S+?)(?:#(\S+))? -->\n([\s\S]*?)^<!-- \/snippet -->$/gm
  const snippets = [...guide.matchAll(marked)].map(([, file = '', region, block = '']) => ({ file, region, block }))

  it.each(snippets)('shows $file $region as it is', ({ file, region, block }) => {
    const language = { '.ts': 'ts', '.csv': 'text', '.txt': 'text' }[extname(file)]

    const code = `\`\`\`${language}\n${regionOf(text(file), region)}\n\`\`\`\n`

    // Under code stands which file it is from.
    expect(block.slice(0, code.length)).toBe(code)
  })

  it('has no code that is not a file, and shows every step of the demo', () => {
    const shown = snippets.map(({ file }) => file).filter(file => file.startsWith('transcript/'))

    expect(guide.replaceAll(marked, '')).not.toContain('```')
    expect(shown.sort()).toEqual(
      readdirSync(path('./transcript'))
        .map(name => `transcript/${name}`)
        .sort(),
    )
  })
})

function regionOf(file: string, region: string | undefined): string {
  if (region === undefined) return file.trimEnd()
  const [, inside = ''] = new RegExp(`^// #region ${region}\n([\\s\\S]*?)^// #endregion$`, 'm').exec(file) ?? []
  return inside.trimEnd()
}
