import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { powertools } from '../src/powertools/index.js'

const folders: string[] = []
afterEach(() => {
  vi.unstubAllEnvs()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** The same code where only these packages are installed. */
async function where(packages: Readonly<Record<string, string>>): Promise<typeof powertools> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-lambda-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(packages)) {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true })
    writeFileSync(join(folder, 'node_modules', name, 'package.json'), '{"type":"module","exports":"./index.js"}')
    writeFileSync(join(folder, 'node_modules', name, 'index.js'), text)
  }
  // An installed file is imported by Node itself, not by the test runner, which finds more.
  const outfile = join(folder, 'node_modules', 'function', 'powertools.mjs')
  const entry = fileURLToPath(new URL('../src/powertools/index.ts', import.meta.url))
  await build({ entryPoints: [entry], outfile, bundle: true, packages: 'external', format: 'esm', logLevel: 'silent' })
  return (await import(pathToFileURL(outfile).href)).powertools
}

describe('Powertools that are installed', () => {
  test('are made for the handler, with the name and the namespace there are by default', async () => {
    const { logger, metrics, tracer } = await powertools('numbers')

    expect(JSON.parse(JSON.stringify(metrics))).toMatchObject({ namespace: 'Millrace' })
    expect(logger).toMatchObject({ info: expect.any(Function) })
    expect(tracer).toMatchObject({ serviceName: 'numbers' })
  })

  test('are named as the environment says', async () => {
    vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'ours')

    expect((await powertools('numbers')).tracer).toMatchObject({ serviceName: 'ours' })
  })

  test('are those alone', async () => {
    const only = { '@aws-lambda-powertools/logger': 'export class Logger { constructor(options) { this.options = options } }' }

    expect(await (await where({}))()).toEqual({})
    expect(await (await where(only))('numbers')).toEqual({ logger: { options: { serviceName: 'numbers' } } })
  })

  test('and broken are no reason to do without', async () => {
    const broken = await where({ '@aws-lambda-powertools/metrics': "import 'lost-on-the-way'" })

    await expect(broken()).rejects.toThrow('lost-on-the-way')
  })
})
