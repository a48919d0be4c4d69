import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repositoryRoot } from '../tools/workspaces.mjs'

// What is committed, or would be: tracked files and new ones that git does not ignore.
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  cwd: repositoryRoot,
  encoding: 'utf8',
})
  .split('\0')
  .filter(file => file !== '' && existsSync(join(repositoryRoot, file)))

const textOf = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8')
const isText = (file: string): boolean => !textOf(file).includes('\0')
const textFiles = files.filter(isText)

/** Every place where `pattern` matches, as `file:line: the match`. */
const findIn = (names: readonly string[], pattern: RegExp): string[] =>
  names.flatMap(file =>
    textOf(file)
      .split('\n')
      .flatMap((line, index) => [...line.matchAll(pattern)].map(match => `${file}:${index + 1}: ${match[0]}`)),
  )

const thisFile = 'test/tree-hygiene.test.ts'
const others = textFiles.filter(file => file !== thisFile)

// A path that exists on the machine of whoever wrote it. Preceded by a word or a slash it is part of a URL or of a relative path.
const machinePath = /(?<![\w.\-/*}])\/(?:work|home|root|tmp|Users|private|var\/folders)\/[\w.-]*/g

describe('the committed tree', () => {
  test('names no path of one machine', () => {
    expect(findIn(others, machinePath)).toEqual([])
  })

  test('names no registry in the lock', () => {
    expect(findIn(['package-lock.json'], /"resolved": "https?:[^"]*"/g)).toEqual([])
  })

  test('has no test that was left focused or unwritten', () => {
    const tests = others.filter(file => /\.test(-d)?\.ts$/.test(file))

    expect(findIn(tests, /\.(only|todo)\(/g)).toEqual([])
  })

  test('keeps no build output', () => {
    expect(files.filter(file => /(^|\/)(dist|out|node_modules|coverage)\//.test(file) || file.endsWith('.tgz'))).toEqual([])
  })
})

describe('links between documents', () => {
  const documents = textFiles.filter(file => file.endsWith('.md'))

  test('lead to files that exist', () => {
    const broken = documents.flatMap(file =>
      linksOf(textOf(file))
        .filter(target => !existsSync(join(repositoryRoot, dirname(file), target)))
        .map(target => `${file}: ${target}`),
    )

    expect(broken).toEqual([])
  })
})

/** The relative targets of Markdown links, without their fragments; code blocks are not links. */
function linksOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, '')
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(match => (match[1] ?? '').replace(/#.*$/, ''))
  return targets.filter(target => target !== '' && !/^[a-z]+:/.test(target))
}

describe('the patterns of this test', () => {
  test.each(['/home/me/x', "'/tmp/out'", 'see /root/x', '(/Users/me)'])('find %s', text => {
    expect(text.match(machinePath)).not.toBeNull()
  })

  test.each(['https://example.org/home/x', './tmp/out', '**/home/x', 'the /tmp of a Lambda function'])('leave %s alone', text => {
    expect(text.match(machinePath)).toBeNull()
  })

  test('find relative links and no others', () => {
    const markdown = '[a](./a.md#x) [b](https://b.example) [c](#c)\n```md\n[d](d.md)\n```\n`[e](e.md)`'

    expect(linksOf(markdown)).toEqual(['./a.md'])
  })
})
