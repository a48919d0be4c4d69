import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { guaranteeOf } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import { errorTexts } from '../tools/docs-error-texts.mjs'
import { codesIn, thrownCodes } from '../tools/docs-errors.mjs'
import { filledIn, looseBlocks, regionOf, snippetBlock, snippetsIn } from '../tools/docs-snippets.mjs'
import { documentsNow } from '../tools/docs-sync.mjs'
import { readJson, repositoryRoot } from '../tools/workspaces.mjs'

const textOf = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8')
const below = (folder: string): string[] =>
  readdirSync(join(repositoryRoot, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry =>
      join(entry.parentPath, entry.name)
        .slice(repositoryRoot.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort()
const guides = below('docs/guide').filter(file => file.endsWith('.md'))
const documents = [...guides, ...below('docs/reference')]

describe('the guides', () => {
  test('say what the snippets and the sources say (else: npm run docs:sync)', async () => {
    const stale = (await documentsNow()).filter(({ found, wanted }) => found !== wanted)

    expect(stale.map(({ file }) => file)).toEqual([])
  })

  test('show no code that is not a snippet', () => {
    expect(guides.flatMap(file => looseBlocks(textOf(file)).map(line => `${file}: ${line}`))).toEqual([])
  })

  test('show every snippet, or the snippet belongs to one that is shown', () => {
    const shown = new Set(guides.flatMap(file => snippetsIn(textOf(file))))
    // A folder is a guide's. In it, what is imported or run by what is shown needs not be shown itself.
    const folders = new Set([...shown].map(file => dirname(file)))
    const forgotten = below('docs/snippets')
      .map(file => file.replace('docs/snippets/', ''))
      .filter(file => !shown.has(file) && !folders.has(file.split('/')[0] as string))

    expect(forgotten).toEqual([])
  })

  test('are all named on the first page, in one order with the site', () => {
    const named = [...textOf('docs/guide/index.md').matchAll(/^\| \[.*?\]\(([a-z-]+\.md)\)/gm)].map(match => match[1])
    const onSite = readJson(join(repositoryRoot, 'typedoc.json')).projectDocuments as string[]

    expect([...named].sort()).toEqual(guides.map(file => file.replace('docs/guide/', '')).filter(file => file !== 'index.md'))
    expect(onSite.filter(file => file.startsWith('docs/guide/'))).toEqual(named.map(file => `docs/guide/${file}`))
  })

  test('begin with their title', () => {
    const wrong = documents.filter(file => {
      const [, title, heading] = /^---\ntitle: (.+)\n---\n[\s\S]*?^# (.+)$/m.exec(textOf(file)) ?? []
      return title === undefined || !heading?.startsWith(title)
    })

    expect(wrong).toEqual([])
  })

  test('link to headings that are there', () => {
    const broken = documents.flatMap(file =>
      [...textOf(file).matchAll(/\]\(([^)\s]*)#([^)\s]+)\)/g)].flatMap(([, path, heading]) => {
        if (/^https?:/.test(path ?? '')) return []
        const target = path === '' ? file : join(dirname(file), path ?? '')
        const headings = existsSync(join(repositoryRoot, target)) ? headingsOf(textOf(target)) : []
        return headings.includes(heading as string) ? [] : [`${file}: ${path}#${heading}`]
      }),
    )

    expect(broken).toEqual([])
  })

  test('give the reasons of every guarantee in the words of explain', () => {
    const text = textOf('docs/guide/delivery.md')

    expect(allReasons().filter(reason => reason.split(': ').some(part => !text.includes(part)))).toEqual([])
  })
})

/** Headings as GitHub makes anchors of them. */
function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  )
}

function allReasons(): string[] {
  const reasons = new Set<string>()
  for (const rereads of ['same', 'mayDiffer'] as const)
    for (const resumable of [true, false])
      for (const disposition of ['append', 'merge', 'replace'] as const)
        for (const durableAt of ['flush', 'commit'] as const)
          for (const replay of ['idempotent', 'duplicates'] as const)
            for (const cursor of ['outside', 'inTransaction'] as const)
              for (const durable of [true, false])
                for (const reason of guaranteeOf({ rereads, resumable }, { disposition, durableAt, replay, cursor }, durable)
                  .reasons)
                  reasons.add(reason)
  return [...reasons]
}

describe('the errors', () => {
  const thrown = thrownCodes()

  test('have a text for every code that is thrown, and none for a code that is not', () => {
    expect(Object.keys(errorTexts).sort()).toEqual(thrown.map(({ code }) => code))
  })

  test('say what each means and what to do', () => {
    const silent = Object.entries(errorTexts).filter(([, { means, todo }]) => !/\.$/.test(means) || !/\.$/.test(todo))

    expect(silent.map(([code]) => code)).toEqual([])
  })

  test('are found with their class and verdict, however they are made', () => {
    const text = `
      throw new SinkError('ETL_A', 'x', { retry: 'later' })
      throw new ConfigError('ETL_B', 'x')
      const table = { busy: { code: 'ETL_SOURCE_C', retry: error.retry === 'exhausted' ? 'never' : 'later' } }
      const rows = { X: ['ETL_STATE_D', 'never'] }
      class Failed extends EtlError { constructor(r) { super('ETL_E', 'x', { retry: r ?? 'later' }) } }
      if (isEtlError(error, 'ETL_F') || error.code === 'ETL_G' || ['ETL_H', 'ETL_I'].includes(error.code)) return
    `

    expect(codesIn(text, 'a.ts')).toEqual([
      { code: 'ETL_A', classes: ['SinkError'], retry: ['later'] },
      { code: 'ETL_B', classes: ['ConfigError'], retry: ['never'] },
      { code: 'ETL_SOURCE_C', classes: ['SourceError'], retry: ['never', 'later'] },
      { code: 'ETL_STATE_D', classes: ['StateError'], retry: ['never'] },
      { code: 'ETL_E', classes: ['Failed'], retry: ['later'] },
    ])
  })

  test('cannot be made in a way that goes unseen', () => {
    expect(() => codesIn("const code = 'ETL_NEW'", 'a.ts')).toThrow('a.ts:1: ETL_NEW is used in a way')
    expect(() => codesIn('const code = `ETL_$'.concat('{what}`'), 'a.ts')).toThrow('puts a code together')
  })
})

describe('a snippet', () => {
  const text = [
    'import x',
    '// #region a',
    '  one()',
    '  // #region b',
    '    two()',
    '  // #endregion',
    '// #endregion',
    '',
  ].join('\n')

  test('is a region without markers and indentation, inner regions included', () => {
    expect(regionOf(text, 'a', 'f.ts')).toBe('one()\n  two()')
    expect(regionOf(text, 'b', 'f.ts')).toBe('two()')
  })

  test('is the whole file without markers, and without what is said to tools', () => {
    expect(regionOf('// biome-ignore format: why\nx()\n', undefined, 'f.ts')).toBe('x()')
    expect(regionOf(text, undefined, 'f.ts')).toBe('import x\n  one()\n    two()')
  })

  test('must be there, and must end', () => {
    expect(() => regionOf(text, 'c', 'f.ts')).toThrow('f.ts has no region "c"')
    expect(() => regionOf('// #region a\nx', 'a', 'f.ts')).toThrow('does not end')
  })

  test('of code is followed by the file it is from; commands and outputs are not', () => {
    const snippets = join(repositoryRoot, 'docs/snippets')
    const last = (reference: string) => snippetBlock(snippets, reference).split('\n').at(-1)

    expect(last('add-a-source/unchanged.ts#plan')).toBe(
      'From [docs/snippets/add-a-source/unchanged.ts](../snippets/add-a-source/unchanged.ts)',
    )
    expect(last('population.ts')).toBe('[docs/snippets/population.ts](../snippets/population.ts)')
    expect(last('state/commands.sh')).toBe('```')
  })

  test('is put between its markers, whatever stood there', () => {
    const markdown = 'a\n<!-- snippet: x.ts -->\nold\n<!-- /snippet -->\n<!-- generated: t -->\n<!-- /generated -->\nb'
    const filled = filledIn(markdown, { snippet: name => `[${name}]`, generated: name => `{${name}}` })

    expect(filled).toBe(
      'a\n<!-- snippet: x.ts -->\n[x.ts]\n<!-- /snippet -->\n<!-- generated: t -->\n{t}\n<!-- /generated -->\nb',
    )
    expect(looseBlocks(`${filled}\n\`\`\`ts\nloose()\n\`\`\``)).toEqual(['loose()'])
  })
})
