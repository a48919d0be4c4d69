import { describe, expect, it } from 'vitest'
import { countRequest, definePipeline, follow, from, type RunReport, requestCounter, run } from '../src/index.js'
import { countingRequests } from '../src/requests.js'
import { eager, numbers, parts } from './world.js'

/** A pipeline whose source asks so many times for its only split. */
function asking(times: number, ask = () => countRequest('api.example.org', 'GET'), next?: () => ReturnType<typeof follow>[]) {
  const before = async () => {
    for (let asked = 0; asked < times; asked++) {
      await new Promise(resolve => setImmediate(resolve))
      ask()
    }
  }
  const { source } = numbers({ splits: { all: [1] } })
  const asks: typeof source = {
    ...source,
    async *read(...given) {
      await before()
      yield* source.read(...given)
    },
  }
  return definePipeline({ name: 'asking', build: () => from(asks).into(parts().sink), ...(next ? { next } : {}) })
}

describe('requests of a run', () => {
  it('are in its report by service and operation, sorted by name', async () => {
    const ask = () => {
      countRequest('s3', 'PutObject')
      countRequest('s3', 'GetObject')
      countRequest('api.example.org', 'GET')
    }

    const { requests } = await run(asking(2, ask), {}, eager)

    expect(JSON.stringify(requests)).toBe('{"api.example.org":{"GET":2},"s3":{"GetObject":2,"PutObject":2}}')
  })

  it('are not in the report of one that asked nobody', async () => {
    expect(await run(asking(0), {}, eager)).not.toHaveProperty('requests')
  })

  it('are its own where several run at once', async () => {
    const reports = await Promise.all([3, 5].map(times => run(asking(times), {}, eager)))

    expect(reports.map(({ requests }) => requests)).toEqual([
      { 'api.example.org': { GET: 3 } },
      { 'api.example.org': { GET: 5 } },
    ])
  })

  it('and those of what followed it are told apart', async () => {
    const report = await run(
      asking(1, undefined, () => [follow(asking(2), {})]),
      {},
      eager,
    )

    expect([report, ...followersOf(report)].map(({ requests }) => requests)).toEqual([
      { 'api.example.org': { GET: 1 } },
      { 'api.example.org': { GET: 2 } },
    ])
  })

  it('are counted where a pool has lost whose turn it is, if the counter was taken before', () => {
    let later: ReturnType<typeof requestCounter> | undefined

    const requests = countingRequests(soFar => {
      later = requestCounter()
      return soFar
    })
    later?.('db', 'batch')
    countRequest('nobody', 'GET')

    expect(requests()).toEqual({ db: { batch: 1 } })
  })

  it('are told by name of twenty services, and of those beyond together', () => {
    const requests = countingRequests(soFar => {
      for (let host = 1; host <= 30; host++) countRequest(`host${host}`, 'GET')
      countRequest('host1', 'GET')
      return soFar()
    })

    expect(Object.keys(requests)).toHaveLength(21)
    expect(requests).toMatchObject({ host1: { GET: 2 }, '(other services)': { GET: 10 } })
  })
})

const followersOf = ({ next = [] }: RunReport): RunReport[] => next.flatMap(({ report }) => (report ? [report] : []))
