import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Pipeline, run } from '@millrace/etl-core'
import { type WorldBankServer, worldBankRecordings, worldBankServer } from '@millrace/source-worldbank/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startDynamo } from '../packages/dynamodb/test/support/server.js'
import { repositoryRoot } from '../tools/workspaces.mjs'
import { commandsOf, type SnippetWorld, snippetWorld } from './support/snippets.js'

// Snippets that are tests of their own (contract suites, tryOut) run by themselves, from docs/snippets.
const textOf = (file: string) => readFileSync(join(repositoryRoot, 'docs/snippets', file), 'utf8')
const orders = ['{"id":1,"country":"NO","amount":9.5}', '{"id":2,"country":"SE","amount":3}', ''].join('\n')

let server: WorldBankServer
beforeAll(async () => {
  server = await worldBankServer({ data: await worldBankRecordings(join(repositoryRoot, 'systems/worldbank/recordings')) })
})
afterAll(() => server.close())

/** One test in a world of its own. */
const inWorld = (name: string, act: (world: SnippetWorld) => Promise<void>) =>
  test(name, async () => {
    const world = snippetWorld(server.url)
    try {
      await act(world)
    } finally {
      world.close()
    }
  })

describe('getting started', () => {
  inWorld('runs its commands, and leaves the files it shows', async world => {
    const [help, explain, first, second, state] = commandsOf(textOf('getting-started/commands.sh')).map(
      line => () => world.command(line),
    )

    expect((await help!()).out).toContain('--since')
    expect(await explain!()).toMatchObject({ code: 0, out: expect.stringContaining('exactly once') })
    expect((await first!()).out).toMatch(/^population: succeeded/)
    expect(world.read('out/population.csv').split('\n').slice(0, 4).join('\n')).toBe(
      textOf('getting-started/population.csv').trimEnd(),
    )
    expect((await second!()).out).toMatch(/^population: unchanged/)
    expect((await state!()).out).toContain('none unfinished')
  })

  inWorld('runs as a library call', async world => {
    const said = vi.spyOn(console, 'log').mockImplementation(() => {})

    await world.load('getting-started/library.ts')

    expect(said).toHaveBeenCalledWith('succeeded', expect.any(Number), [])
    said.mockRestore()
  })

  inWorld('runs as a Lambda', async world => {
    const { handler } = await world.load<typeof import('../docs/snippets/getting-started/lambda.js')>('getting-started/lambda.ts')
    const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 }
    const written = vi.spyOn(process.stdout, 'write').mockImplementation(() => true)

    expect(await handler({ since: 2020, to: `file:${world.folder}/lambda` }, context)).toMatchObject({ status: 'succeeded' })
    written.mockRestore()
  })

  inWorld('runs as a Lambda with Powertools that are installed, and with those of its own', async world => {
    const lines: string[] = []
    const written = vi.spyOn(process.stdout, 'write').mockImplementation(chunk => lines.push(String(chunk)) > 0)
    const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 }
    for (const name of ['installed', 'own']) {
      const file = `metrics-logs-alarms/${name}.ts`
      const { handler } = await world.load<typeof import('../docs/snippets/metrics-logs-alarms/own.js')>(file)
      await handler({ since: 2020, to: `file:${world.folder}/${name}` }, context)
    }
    written.mockRestore()
    const told = lines.map(line => JSON.parse(line)).filter(({ system }) => !system)

    expect(told).toMatchObject([
      {
        message: 'run succeeded',
        service: 'population',
        pipeline: 'population',
        requests: { '127.0.0.1': { GET: expect.any(Number) } },
      },
      { _aws: { CloudWatchMetrics: [{ Namespace: 'Millrace' }] }, Succeeded: 1 },
      { message: 'run succeeded', service: 'population', team: 'data' },
      { _aws: { CloudWatchMetrics: [{ Namespace: 'Data' }] }, Succeeded: 1 },
    ])
    // What the queries ask for is where they look for it, and the page knows each field.
    const asked = textOf('metrics-logs-alarms/queries.txt').match(
      /\b(counts\.\w+|requests|pipeline|status|durationMs|remainingMs|loadId)\b/g,
    )
    expect(asked?.filter(path => path.split('.').reduce((at, name) => at?.[name], told[0]) === undefined)).toEqual([])
    const page = readFileSync(join(repositoryRoot, 'docs/guide/metrics-logs-alarms.md'), 'utf8')
    const own = Object.keys(told[0]).filter(name => !name.includes('_') && name !== 'service' && name !== 'timestamp')
    expect(own.filter(name => !page.split('## Powertools')[0]?.includes(`\`${name}\``))).toEqual([])
  })

  test('installs packages of this repository', () => {
    const names = textOf('getting-started/install.sh').match(/@millrace\/[a-z-]+/g) ?? []

    expect(names.length).toBeGreaterThan(4)
    for (const name of names) expect(() => readFileSync(join(repositoryRoot, 'node_modules', name, 'package.json'))).not.toThrow()
  })
})

/** The load as of a day, so that names are what the guide shows. */
const atNoon = { clock: { now: () => Date.UTC(2026, 0, 5, 12) } }
type PipelineFile = { readonly default: Pipeline }

describe('objects and layouts', () => {
  inWorld('leaves a dated object and the latest one', async world => {
    world.write('in/north.ndjson', orders)
    const { default: pipeline } = await world.load<PipelineFile>('objects/latest.ts')

    await run(pipeline, {}, atNoon)

    expect(listed(world.files('out'))).toEqual(textOf('objects/latest.txt').trimEnd().split('\n'))
    expect(world.read('out/north/latest.csv')).toBe('id,country,amount\n1,NO,9.5\n2,SE,3\n')
  })

  inWorld('lays out by partitions', async world => {
    world.write('in/north.ndjson', orders)
    const { default: pipeline } = await world.load<PipelineFile>('objects/partitions.ts')

    await run(pipeline, {}, atNoon)

    expect(listed(world.files('lake')).filter(name => !name.includes('_millrace'))).toEqual(
      textOf('objects/partitions.txt').trimEnd().split('\n'),
    )
  })
})

/** Files with what differs from run to run left out. */
function listed(files: readonly string[]): string[] {
  return [
    ...new Set(
      files.map(file =>
        file
          .replace(/\d{8}T\d{6}Z-[0-9a-f]{8}/, '<load>')
          .replace(/-[0-9a-f]{12}(?=[./])/, '-<hash>')
          .replace(/\/[0-9a-f]{16}\./, '/<batch>.')
          .replace(/\/[0-9a-f]{32}\./, '/<hash>.')
          .replace(/\/e\d+-[0-9a-f]{6}-\d{6}$/, '/<part>')
          .replace(/\/\d{8}\.json$/, '/<version>.json'),
      ),
    ),
  ].sort()
}

describe('state and ownership', () => {
  inWorld('lies beside the data, and holds what a stopped run needs', async world => {
    world.write('in/north.ndjson', orders)
    const { default: pipeline } = await world.load<PipelineFile>('objects/latest.ts')
    const stop = new AbortController()

    const report = await run(
      pipeline,
      {},
      {
        ...atNoon,
        signal: stop.signal,
        flushEvery: { batches: 1, intervalMs: 0 },
        onEvent: ({ type }) => type === 'split.saved' && stop.abort(),
      },
    )

    expect(report.status).toBe('stopped')
    expect(listed(world.files('out'))).toEqual(textOf('state/unfinished.txt').trimEnd().split('\n'))
  })

  inWorld('is shown and reset by the command', async world => {
    const [show, reset] = commandsOf(textOf('state/commands.sh')).map(line => () => world.command(line))
    const [run] = commandsOf(textOf('getting-started/commands.sh')).filter(
      line => line.includes(' run ') && line.includes('--to'),
    )
    await world.command(run!)

    expect((await show!()).out).toContain('1 group')
    expect((await reset!()).out).toContain('loads everything anew')
    expect((await show!()).out).toContain('bookmarks  none')
  })

  inWorld('can lie elsewhere', async world => {
    world.write('in/north.ndjson', orders)

    await world.load('state/elsewhere.ts')

    expect(world.files('state').some(name => name.startsWith('state/orders/head/'))).toBe(true)
    expect(world.files('out').some(name => name.includes('/state/'))).toBe(false)
  })

  inWorld('elsewhere may be a table', async world => {
    world.write('in/north.ndjson', orders)
    const server = await startDynamo()
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'a')
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', server.endpoint)
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    try {
      const { handler } = await world.load<{ handler(event: unknown): Promise<unknown> }>('state/in-dynamodb.ts')

      expect(await handler({})).toMatchObject({ status: 'succeeded', state: 'dynamodb:etl-state' })
      expect((await server.items('orders')).map(({ sk }) => sk?.S)).toContain('bookmarks')
    } finally {
      written.mockRestore()
      vi.unstubAllEnvs()
      await server.close()
    }
  })

  inWorld('can be looked at and reset from code', async world => {
    world.write('in/north.ndjson', orders)
    await run((await world.load<PipelineFile>('objects/latest.ts')).default)
    const said = vi.spyOn(console, 'log').mockImplementation(() => {})

    await world.load('state/inspect.ts')

    expect(said).toHaveBeenCalledWith(null, null, ['north.ndjson'], [])
    expect(world.files('out').some(name => name.includes('/bookmarks/'))).toBe(false)
    said.mockRestore()
  })
})

describe('schemas and values', () => {
  inWorld('keeps every digit from CSV to Parquet, and rejects what does not fit', async world => {
    const { decodeAll, parquet } = await import('@millrace/formats')
    const lines = ['id,total,placedAt,note', '9007199254740993,12.5000,2025-02-04T13:54:32.123456Z,', 'x,1,2025-02-04T13:54:32Z,']
    world.write('in/a.csv', `${lines.join('\n')}\n`)
    const { default: pipeline } = await world.load<PipelineFile>('schemas/orders.ts')

    const report = await run(pipeline)

    expect(report.counts).toMatchObject({ written: 1, rejected: 1 })
    const { records } = await decodeAll(parquet(), readFileSync(join(world.folder, 'out/a.parquet')))
    expect(records).toEqual([{ id: 9007199254740993n, total: '12.5000', placedAt: '2025-02-04T13:54:32.123456Z', note: null }])
  })

  test('says what local times become', async () => {
    const { zonedToUtc } = await import('@millrace/schema')
    const calls = [...textOf('schemas/zones.ts').matchAll(/^zonedToUtc\((.+?)\) \/\/ '(.+)'$/gm)]
    const near = { near: Date.UTC(2025, 9, 26, 0, 40) }

    expect(calls.map(call => call[2])).toEqual([
      zonedToUtc('2025-07-01 09:30:00', 'Europe/London'),
      zonedToUtc('2025-10-26 01:30:00', 'Europe/London', near),
    ])
  })
})

describe('stopping', () => {
  inWorld('takes the options that the guide shows', async world => {
    world.write('in/north.ndjson', orders)
    const before = process.listeners('SIGTERM')

    await world.load('stopping/options.ts')

    expect(world.files('out')).toContain('out/north/latest.csv')
    for (const listener of process.listeners('SIGTERM')) if (!before.includes(listener)) process.off('SIGTERM', listener)
  })
})

describe('delivery guarantees', () => {
  test('refuses what the parts cannot give, and runs what they can', async () => {
    const { merged, readings } = await import('../docs/snippets/delivery/exactly-once.js')

    await expect(run(readings)).rejects.toMatchObject({ code: 'ETL_GUARANTEE' })
    expect((await run(merged)).guarantee.delivery).toBe('exactly once')
  })
})
