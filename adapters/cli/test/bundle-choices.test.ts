import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startLambda } from '@millrace/etl-testkit/lambda'
import { describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../../tools/workspaces.mjs'
import type { Bundled } from '../src/show/bundled.js'
import { callBundled } from './support/bundled-handler.js'
import { command, jsonLines, tempFolder } from './support/command.js'
import { unzipTo } from './support/zip.js'

/** A project with these files and this repository's packages; bundles its `orders.ts`. */
function project(files: Readonly<Record<string, string>> = {}) {
  const cwd = tempFolder()
  for (const [name, text] of Object.entries({ 'package.json': '{"name":"orders"}', ...files })) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true })
    writeFileSync(join(cwd, name), text)
  }
  symlinkSync(join(repositoryRoot, 'node_modules'), join(cwd, 'node_modules'), 'junction')
  return {
    cwd,
    bundle: (...flags: string[]) => command(['bundle', 'orders.ts', ...flags], { cwd }),
    zip: () => readFileSync(join(cwd, 'orders.zip')),
  }
}

const packagesOf = (out: string) => (jsonLines(out)[0] as unknown as Bundled).packages.map(({ name }) => name)

/** A pipeline that copies what `read` holds; with these connectors. */
const orders = (connectors: string, imports: string, more = '') => `
import { definePipeline, from } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { folder } from '@millrace/objects'
import * as z from 'zod'
${imports}
${more}
export default definePipeline({
  name: 'orders',
  connectors: [${connectors}],
  params: z.object({ read: z.string().default('file:./in'), to: z.string().default('file:./out') }),
  build: ({ params, connect }) =>
    from(connect.objectsFrom(params.read, { format: csv() })).into(connect.objects(params.to, { path: '{group}.csv', format: csv() })),
})
`

/** Without any package, so in CommonJS too. */
const smallest = `
const made = { name: 'orders', version: '1', connectors: [], build() { throw new Error('reached') } }
exports.default = Object.defineProperty(made, Symbol.for('millrace.pipeline'), { value: true })
`

describe('a file that exports a handler', () => {
  const file = (more: string) => `
import { lambdaHandler } from '@millrace/lambda'
import orders from './pipeline.js'
const made = lambdaHandler(orders, { write: () => undefined })
export const handler = async (event, context) => ({ own: await made(event, context).catch(({ code }) => code) })
${more}
`

  test('besides its pipeline is bundled with that one, and the command says so', async () => {
    const { bundle, zip } = project({ 'pipeline.ts': orders('folder', ''), 'orders.ts': file('export default orders') })
    const { err } = await bundle('--hand-on', 'self')
    const { code, out } = await bundle()
    const { report } = await callBundled(zip(), { reed: 'file:./in' })

    expect(err).toContain('--hand-on is for files without a handler')

    expect(code).toBe(0)
    expect(out).toContain('handler     index.handler, which the pipeline’s file exports, Node.js 20 or newer')
    expect(report).toEqual({ own: 'ETL_PARAMS_INVALID' })
  })

  test('and no pipeline is told what it lacks', async () => {
    const { bundle } = project({ 'pipeline.ts': orders('folder', ''), 'orders.ts': file('') })
    const { code, err } = await bundle()

    expect(code).toBe(2)
    expect(err).toContain('It exports a handler; its pipeline has to be exported besides: export default orders.')
  })
})

describe('a connector that is left out', () => {
  test('refuses its places in the function, and its client is not in the zip', async () => {
    const { bundle, zip } = project({
      'orders.ts': orders('folder, lake', "import { lake } from './places/lake.js'"),
      'places/lake.ts': "import { s3With } from '@millrace/s3'\nexport const lake = s3With({ storageClass: 'STANDARD_IA' })\n",
    })
    const { code, out, err } = await bundle('--connectors', 'folder', '--json')
    const { error } = await callBundled(zip(), { to: 's3://lake/orders' })

    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(jsonLines(out)[0]).toMatchObject({ connectors: ['file'], leftOut: ['s3'] })
    expect(packagesOf(out).filter(name => name.startsWith('@aws-sdk/') || name === '@millrace/s3')).toEqual([])
    expect(error).toMatchObject({ name: 'ConfigError', code: 'ETL_PLACE_LEFT_OUT' })
    expect(error?.message).toContain('Nothing opens s3://lake/orders')
    expect(error?.message).toContain('Bundle again with --connectors file,s3.')
  })

  test('cannot be one that the pipeline’s own files make', async () => {
    const { cwd, bundle } = project({
      'orders.ts': orders('folder, own', '', "const own = { ...folder, scheme: 'own' }"),
    })
    const { code, err } = await bundle('--connectors', 'folder')

    expect(code).toBe(2)
    expect(err).toMatch(/cannot leave out own: .*Name it too: --connectors file,own\..*\[ETL_FLAGS_INVALID\]/)
    expect(existsSync(join(cwd, 'orders.zip'))).toBe(false)
  })
})

describe('native code', () => {
  test('is named, with the package that needs it and what to do, also where it is only looked for at run time', async () => {
    const { bundle } = project({
      'orders.ts': orders(
        'folder, duckdb',
        "import { duckdb } from '@millrace/duckdb'\nimport { fast } from './parts/fast.js'",
        'fast()',
      ),
      'parts/fast.ts': "export { fast } from 'fast-parts'\n",
      'parts/node_modules/fast-parts/index.js': "exports.fast = require('bindings')('fast')\n",
      'parts/node_modules/bindings/index.js': 'module.exports = name => () => name\n',
    })
    const { code, err } = await bundle()

    expect(code).toBe(0)
    expect(err).toMatch(/^millrace: @duckdb\/node-bindings, which @millrace\/duckdb needs, has native code \(\*\.node\)/)
    expect(err).toContain('--connectors, some of file,duckdb')
    expect(err).toContain('npm install --os=linux --cpu=x64 --libc=glibc @duckdb/node-bindings')
    expect(err).toMatch(/^millrace: fast-parts has native code/m)
  })

  test('is no matter without the connector that needs it', async () => {
    const { bundle } = project({ 'orders.ts': orders('folder, duckdb', "import { duckdb } from '@millrace/duckdb'") })
    const { code, out, err } = await bundle('--connectors', 'folder', '--json')

    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(packagesOf(out).filter(name => name.startsWith('@duckdb/'))).toEqual([])
  })
})

describe('a pipeline that cannot be bundled', () => {
  test('because it is not there is named', async () => {
    expect(await project({ 'order.ts': '' }).bundle()).toEqual({
      code: 2,
      out: '',
      err: 'millrace: There is no file orders.ts. Did you mean "order.ts"? [ETL_PIPELINE_NOT_FOUND]\n',
    })
  })

  test('because it does not parse, or throws, is shown with file and line', async () => {
    const unparsed = await project({ 'orders.ts': 'export const a = 1\nexport default (\n' }).bundle()
    const throwing = await project({ 'orders.ts': 'const none: any = undefined\n\nexport default none.pipeline\n' }).bundle()

    expect([unparsed.code, throwing.code]).toEqual([2, 2])
    expect(unparsed.err).toMatch(
      /orders\.ts:3:1: Unexpected end of file[\s\S]*\[ETL_PIPELINE_COMPILE\]|\[ETL_PIPELINE_COMPILE\][\s\S]*orders\.ts:3:1/,
    )
    expect(throwing.err).toMatch(/orders\.ts:3:\d+: TypeError: .*\[ETL_PIPELINE_IMPORT\]/)
  })

  test('because of its flags is told everything at once', async () => {
    const { bundle } = project({ 'orders.ts': orders('folder', '') })
    const { code, err } = await bundle('more', '--conectors', '--out', 'orders.tar', '--connectors', 'fil,gcs')

    expect(code).toBe(2)
    expect(err).toContain('Did you mean --connectors?')
    expect(err).toContain('takes one pipeline')
    expect(err).toContain('--out takes a file whose name ends in .zip.')
    expect(err).toContain('lists no connector "fil". Did you mean "file"? It lists file.')
    expect(err).toContain('lists no connector "gcs".')
  })

  test('to where a folder is leaves nothing behind', async () => {
    const { cwd } = project({ 'orders.cjs': smallest, 'dist/orders.zip/x': '' })
    const { code, err } = await command(['bundle', 'orders.cjs', '--out', 'dist/orders.zip'], { cwd })

    expect(code).toBe(2)
    expect(err).toMatch(/--out: dist.orders\.zip could not be written \(\w+\)/)
    expect(readdirSync(join(cwd, 'dist'))).toEqual(['orders.zip'])
  })
})

describe('what is shown', () => {
  test('is a table for people, and what will be missing in the function', async () => {
    const { cwd, bundle, zip } = project({
      'orders.ts': orders(
        'folder',
        "import { readFileSync } from 'node:fs'",
        "const sql = () => readFileSync(new URL('./a.sql', import.meta.url))\nvoid sql",
      ),
    })
    const { out, err } = await bundle()

    expect(out).toMatch(/^orders\.zip {2}\d+ kB zipped: \d+ kB of code, \d+ kB of source maps\n/)
    expect(out).toMatch(/^ +\d+(\.\d)? kB +\d+\.\d % {2}@millrace\/etl-core$/m)
    expect(out).toMatch(/^ +\d+ B +\d+\.\d % {2}orders$/m)
    expect(out).toMatch(/^handler +index\.handler/m)
    expect(err).toMatch(/^millrace: orders\.ts:\d+ looks for files beside itself/)
    expect((await callBundled(zip(), { read: `file:${join(cwd, 'none')}` })).report?.status ?? 'failed').toBe('failed')
  })

  test('is help with examples where it is asked for', async () => {
    const { code, out } = await command(['bundle', '--help'])

    expect(code).toBe(0)
    expect(out).toMatch(/--connectors <a,b>[\s\S]*--out <file\.zip>[\s\S]*Examples:\n {2}millrace bundle src\/orders\.ts\n/)
    expect((await command(['--help'])).out).toContain('millrace bundle <pipeline>')
  })
})

test('a CommonJS pipeline has its export one level down', async () => {
  const { cwd, zip } = project({ 'orders.cjs': smallest })
  const { code, err } = await command(['bundle', 'orders.cjs'], { cwd })

  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect((await callBundled(zip(), {})).error?.message).toContain('reached')
})

describe('Powertools', () => {
  const folders = orders('folder', '')
  const named = (...parts: string[]) =>
    JSON.stringify({
      name: 'orders',
      dependencies: Object.fromEntries(parts.map(part => [`@aws-lambda-powertools/${part}`, '*'])),
    })

  test('are used by the function where the project names them, and the command says so', async () => {
    const { cwd, bundle, zip } = project({
      'orders.ts': folders,
      'package.json': named('logger', 'metrics', 'tracer'),
      'in/a.csv': 'id\n1\n',
    })
    const { code, out, err } = await bundle()
    const lambda = await startLambda({ taskRoot: unzipTo(join(tempFolder(), 'task'), zip()), handler: 'index.handler' })
    const { answer } = await lambda.invoke({ read: `file:${cwd}/in`, to: `file:${cwd}/out` })
    await lambda.close()
    const lines = lambda.output().trim().split('\n')

    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('powertools  logger, metrics, tracer\n')
    expect(answer).toMatchObject({ status: 'succeeded' })
    expect(lines.map(line => JSON.parse(line))).toMatchObject([
      { message: 'run succeeded', service: 'orders', cold_start: expect.any(Boolean), status: 'succeeded' },
      { _aws: { CloudWatchMetrics: [{ Namespace: 'Millrace' }] }, service: 'orders', pipeline: 'orders', RecordsWritten: 1 },
    ])
  })

  test('are not in it where the project does not, though they could be found', async () => {
    const { bundle } = project({ 'orders.ts': folders, 'package.json': named('logger') })
    const { out } = await bundle('--json')

    expect(jsonLines(out)[0]).toMatchObject({ powertools: ['@aws-lambda-powertools/logger'] })
    expect(packagesOf(out)).toEqual(expect.arrayContaining(['@aws-lambda-powertools/logger']))
    expect(packagesOf(out).filter(name => /powertools.(metrics|tracer)|xray/.test(name))).toEqual([])
  })
})
