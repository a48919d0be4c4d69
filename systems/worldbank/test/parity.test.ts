import { type RunReport, run } from '@millrace/etl-core'
import type { TestLambda } from '@millrace/etl-testkit/lambda'
import { lambdaHandler } from '@millrace/lambda'
import { worldBankServer } from '@millrace/source-worldbank/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { worldbank } from '../src/index.js'
import { handler } from '../src/lambda.js'
import { bundled, deployed, nodes } from './deployed.js'
import { type Lake, testLake } from './lake.js'
import { digestsOf, freshFolder, millrace, published, recordings, served } from './world.js'

const api = served()
const indicators = ['SP.POP.TOTL', 'NY.GDP.MKTP.CD']
const zip = bundled()
const long = process.env.MILLRACE_TEST_LONG !== undefined

/** Ids and times differ from run to run, nothing else may. */
function comparable(report: RunReport | undefined): unknown {
  const text = JSON.stringify(report, (key, value) =>
    /^(loadId|startedAt|finishedAt|durationMs)$/.test(key) ? undefined : value,
  )
  return JSON.parse(text.replace(/millrace-worldbank-[A-Za-z0-9]+/g, 'folder'))
}

const context = { awsRequestId: 'r', functionName: 'f', getRemainingTimeInMillis: () => 60_000 }

describe('library call, command and Lambda handler', () => {
  it.each([
    ['csv', {}],
    ['csv', { date: '2000:2010', aggregates: 'only' as const }],
    ['parquet', {}],
  ] as const)('give identical bytes and equal reports but for ids and times: %s %o', async (format, selection) => {
    const [library, command, lambda] = [freshFolder(), freshFolder(), freshFolder()]
    const params = { indicators, format, apiUrl: api.url, ...selection }
    const flags = Object.entries(selection).flatMap(([name, value]) => [`--${name}`, value])

    const byLibrary = await run(worldbank, { ...params, to: library.to })
    const byCommand = await millrace([
      ...['run', 'worldbank', '--indicators', indicators.join(','), '--format', format],
      ...['--api-url', api.url, '--to', command.to, ...flags],
    ]).ended
    const byLambda = await handler({ ...params, to: lambda.to }, context as never)

    expect(digestsOf(published(command.folder))).toEqual(digestsOf(published(library.folder)))
    expect(digestsOf(published(lambda.folder))).toEqual(digestsOf(published(library.folder)))
    expect(Object.keys(published(library.folder))).toHaveLength(4)
    expect(byLibrary.requests).toMatchObject({ [new URL(api.url).hostname]: { GET: expect.any(Number) } })
    expect(comparable(byCommand.report)).toEqual(comparable(byLibrary))
    expect(comparable(byLambda as RunReport)).toEqual(comparable(byLibrary))
  })

  it('give identical objects of a bucket', async () => {
    const [folder, ...lakes] = [freshFolder(), await testLake(), await testLake(), await testLake()] as const
    const [library, command, lambda] = lakes
    const params = { indicators, date: '2015:2024', apiUrl: api.url }
    const within = async <R>({ env }: Lake, act: () => Promise<R>): Promise<R> => {
      for (const [name, value] of Object.entries(env)) if (name.startsWith('AWS_')) vi.stubEnv(name, value)
      return act().finally(() => vi.unstubAllEnvs())
    }

    await run(worldbank, { ...params, to: folder.to })
    await within(library, () => run(worldbank, { ...params, to: library.to }))
    const flags = ['--indicators', indicators.join(','), '--date', '2015:2024', '--api-url', api.url, '--to', command.to]
    await millrace(['run', 'worldbank', ...flags], command.env).ended
    await within(lambda, () => handler({ ...params, to: lambda.to }, context as never))

    for (const lake of lakes) expect(digestsOf(await lake.published())).toEqual(digestsOf(published(folder.folder)))
    expect(Object.keys(published(folder.folder))).toHaveLength(4)
    await Promise.all(lakes.map(lake => lake.close()))
  })

  describe.each(nodes)('and the zip of the command, as a function on %s', node => {
    let lambda: TestLambda
    beforeAll(async () => {
      lambda = await deployed(await zip, node)
    }, 60_000)
    afterAll(() => lambda.close())

    it.each(['csv', 'parquet'] as const)('give identical bytes and equal reports but for ids and times: %s', async format => {
      const [library, there] = [freshFolder(), freshFolder()]
      const params = { indicators, format, apiUrl: api.url }

      // A function has memory of its own to divide, which is more than a call takes by default.
      const byLibrary = await run(worldbank, { ...params, to: library.to }, { memoryMiB: 256 })
      const { answer, error } = await lambda.invoke({ ...params, to: there.to }, 60_000)

      expect(error).toBeUndefined()
      expect(digestsOf(published(there.folder))).toEqual(digestsOf(published(library.folder)))
      expect(comparable(answer as RunReport)).toEqual(comparable(byLibrary))
    })

    // By day on one Node: what happens at a deadline is decided in our code.
    it.runIf(long || node === nodes[0])(
      'give identical bytes though it is stopped at its deadlines, again and again',
      async () => {
        const [library, there] = [freshFolder(), freshFolder()]
        const slow = await worldBankServer({ data: await recordings(), delayMs: 60 })
        const params = { indicators, date: '2000:2020', perPage: 100, apiUrl: slow.url }
        await run(worldbank, { ...params, apiUrl: api.url, to: library.to })

        // Each has some hundred milliseconds; on a busy machine they are enough in the end.
        const ends: string[] = []
        for (let times = 0; times < 40 && ends.at(-1) !== 'succeeded'; times++) {
          const { answer, error } = await lambda.invoke({ ...params, to: there.to }, 1_500 + 100 * times)
          ends.push(error ? error.errorType : (answer as RunReport).status)
        }

        await slow.close()

        expect(ends.at(-1)).toBe('succeeded')
        expect(ends.filter(end => end === 'stopped').length).toBeGreaterThanOrEqual(3)
        expect(digestsOf(published(there.folder))).toEqual(digestsOf(published(library.folder)))
      },
      120_000,
    )
  })

  it('the handler is one line over the pipeline', () => {
    expect(typeof lambdaHandler(worldbank)).toBe('function')
  })
})
