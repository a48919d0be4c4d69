import { join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import { bytesAtOnce, coreAtMostBytes, filesAtOnce } from '../bench/cold.js'
import { repositoryRoot } from '../tools/workspaces.mjs'

/** What the packages of a first pipeline load before anything of them is used. What they import later is in files of its own. */
async function bundled(name: string): Promise<Metafile> {
  const { metafile } = await build({
    stdin: { contents: `export * from '@millrace/${name}'`, resolveDir: join(repositoryRoot, 'packages/sink-s3') },
    absWorkingDir: repositoryRoot,
    conditions: ['millrace-source'],
    outdir: join(repositoryRoot, 'out/core-size'),
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  return metafile
}

const sourcesAtOnce = ({ outputs }: Metafile) =>
  filesAtOnce(outputs, 'stdin.js').flatMap(file => Object.keys(outputs[file]?.inputs ?? {}))

describe('what an import loads', () => {
  let core: Metafile
  beforeAll(async () => {
    core = await bundled('etl-core')
  })

  test('of the core stays at the goal', () => {
    expect(bytesAtOnce(core.outputs, 'stdin.js')).toBeLessThanOrEqual(coreAtMostBytes)
  })

  test('of the core is not the code that runs loads', () => {
    const sources = sourcesAtOnce(core)

    expect(sources).toContain('packages/etl-core/src/flow.ts')
    expect(
      sources.filter(file =>
        /\/(run-loads|run-split|finish|session|replay|state-view|check-rows|quick-check|each-async)\.ts$/.test(file),
      ),
    ).toEqual([])
  })

  test.each(['etl-core', 'objects'])('of %s is no foreign package but for a limit of calls at once', async name => {
    const foreign = sourcesAtOnce(await bundled(name)).filter(file => file.includes('node_modules/'))

    expect(foreign.filter(file => !/node_modules\/(p-limit|yocto-queue|@standard-schema)\//.test(file))).toEqual([])
  })

  test.each(['etl-core', 'formats', 'objects', 's3'])('of %s is no SDK, zod, Parquet or SQL library', async name => {
    const heavy = /node_modules\/(@aws-sdk|@smithy|hyparquet|@duckdb|mssql|tedious|zod)/

    expect(sourcesAtOnce(await bundled(name)).filter(file => heavy.test(file))).toEqual([])
  })

  test('of a bucket is the SDK later: it is found there', async () => {
    const { inputs } = await bundled('s3')

    expect(Object.keys(inputs).some(file => /node_modules\/@aws-sdk\/client-s3\//.test(file))).toBe(true)
  })
})
