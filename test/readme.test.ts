import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '@millrace/etl-core'
import { tryOut } from '@millrace/etl-testkit'
import type { Observation } from '@millrace/source-worldbank'
import { worldBankRecordings, worldBankServer } from '@millrace/source-worldbank/testing'
import { describe, expect, test } from 'vitest'
import population from '../docs/snippets/population.js'
import { regionOf } from '../tools/docs-snippets.mjs'
import { readJson, repositoryRoot } from '../tools/workspaces.mjs'
import { snippetWorld } from './support/snippets.js'

const readme = readFileSync(join(repositoryRoot, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text = '']) => ({ language, text }))
const commands = blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.trim().split('\n'))

describe('the pipeline in the README', () => {
  test('is docs/snippets/population.ts, in ten lines at most', () => {
    const snippet = readFileSync(join(repositoryRoot, 'docs/snippets/population.ts'), 'utf8')
    const shown = blocks[0]?.text.trimEnd() as string

    expect(shown).toBe(regionOf(snippet, undefined, 'population.ts'))
    expect(shown.slice(shown.indexOf('export default')).split('\n').length).toBeLessThanOrEqual(10)
  })

  test('keeps values since a year, in millions', async () => {
    const of = (year: number, value: string | null): Partial<Observation> => ({ country_iso3: 'NAM', year, value })
    const records = [of(2011, '2128507'), of(2009, '2000000'), of(2012, null)]

    const { written, report } = await tryOut(population, { records, params: { since: 2010 } })

    expect(written).toEqual([{ country_iso3: 'NAM', year: 2011, value: '2128507', millions: 2.128507 }])
    expect(report.counts).toMatchObject({ read: 3, dropped: 2 })
  })

  test('writes a CSV file from what the API answers', async () => {
    const server = await worldBankServer({
      data: await worldBankRecordings(join(repositoryRoot, 'systems/worldbank/recordings')),
    })
    const world = snippetWorld(server.url)
    try {
      const copy = await world.load<{ readonly default: typeof population }>('population.ts')
      const report = await run(copy.default, { since: 2010 })

      expect(report).toMatchObject({ status: 'succeeded', guarantee: { delivery: 'exactly once' } })
      expect(world.read('out/population.csv')).toMatch(/^country_iso3,year,value,millions\n\w{3},20\d\d,/)
    } finally {
      world.close()
      await server.close()
    }
  })
})

describe('the README', () => {
  test('names files and folders that exist', () => {
    const linked = [...readme.matchAll(/\]\(([^)#\s]+)/g)].map(match => match[1] as string)
    const inCode = [...readme.matchAll(/`((?:packages|adapters|systems|docs|test|tools)\/[\w./-]+)`/g)].map(
      match => match[1] as string,
    )
    const paths = [...linked, ...inCode].filter(path => !/^[a-z]+:/.test(path))

    expect(paths.length).toBeGreaterThan(10)
    expect(paths.filter(path => !existsSync(join(repositoryRoot, path)))).toEqual([])
  })

  test('names scripts that package.json has', () => {
    const scripts = readJson(join(repositoryRoot, 'package.json')).scripts as Readonly<Record<string, string>>
    const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(match => match[1] as string)

    expect(named).not.toEqual([])
    expect(named.filter(name => !(name in scripts))).toEqual([])
    expect(scripts.test).toBeDefined()
  })

  test('names functions that their packages export', async () => {
    const [core, lambda] = await Promise.all([import('@millrace/etl-core'), import('@millrace/lambda')])

    expect(readme).toContain('await run(population, { since: 2010 })')
    expect(core.run).toBeTypeOf('function')
    expect(readme).toContain('lambdaHandler(population)')
    expect(lambda.lambdaHandler).toBeTypeOf('function')
  })

  test('shows commands that run', async () => {
    const lines = commands.filter(line => line.startsWith('npx millrace'))
    const server = await worldBankServer({
      data: await worldBankRecordings(join(repositoryRoot, 'systems/worldbank/recordings')),
    })
    const world = snippetWorld(server.url)
    try {
      expect(lines).toHaveLength(1)
      for (const line of lines)
        expect(await world.command(line)).toMatchObject({ code: 0, err: expect.not.stringContaining('millrace:') })
    } finally {
      world.close()
      await server.close()
    }
  })

  test('names commands of millrace that there are', async () => {
    const world = snippetWorld()
    const named = [...new Set([...readme.matchAll(/`millrace (\w+)/g)].map(match => match[1] as string))]
    try {
      expect(named).toContain('explain')
      for (const name of named)
        expect(await world.command(`npx millrace ${name} population.ts --help`)).toMatchObject({ code: 0 })
    } finally {
      world.close()
    }
  })
})
