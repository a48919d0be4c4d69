import { setTimeout as sleep } from 'node:timers/promises'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { isEtlError, StopError } from '@millrace/etl-core'
import { Agent } from 'undici'
import { describe, expect, it } from 'vitest'
import { countingRequests } from '../../etl-core/src/requests.js'
import { type HttpReaderOptions, httpReader, isHttpReader, type RequestLogEntry, type RetryNotice } from '../src/index.js'
import { answers, errorOf, type Handler, serve, status } from './server.js'

const quick = { attempts: 4, firstMs: 4, maxMs: 200 }
const reader = (options: HttpReaderOptions = {}) => httpReader({ retry: quick, timeoutMs: 2_000, ...options })

describe('an answer', () => {
  it('comes whole, with headers in lower case and without a byte-order mark', async () => {
    const { url } = await serve(status(200, '\ufeff[1]', { 'X-Total': '1' }))

    const response = await reader().request(`${url}/a`)

    expect([response.status, response.headers['x-total'], response.text(), response.url]).toEqual([200, '1', '[1]', `${url}/a`])
  })

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['deflate, gzip', (text: string) => gzipSync(deflateSync(text))],
  ] as const)('is decompressed: %s', async (encoding, compress) => {
    const { url } = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(compress('ñ'.repeat(999))),
    )

    expect((await reader().request(url)).text()).toBe('ñ'.repeat(999))
  })

  it('larger than allowed is refused at once, announced or not, compressed or not', async () => {
    const { url, seen } = await serve((request, response) => {
      if (request.url === '/announced') response.end('x'.repeat(2_000))
      else if (request.url === '/gzip') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(2_000)))
      else {
        response.write('x'.repeat(1_500))
        response.write('x'.repeat(1_500))
      }
    })
    const small = reader({ maxBodyBytes: 1_000 })

    for (const path of ['/announced', '/gzip', '/endless']) {
      const error = await errorOf(small.request(url + path))
      expect(error).toMatchObject({ code: 'ETL_SOURCE_TOO_LARGE', retry: 'never' })
    }
    expect(seen).toHaveLength(3)
  })

  it('to HEAD has no body, whatever length it announces', async () => {
    const { url } = await serve((_request, response) => response.writeHead(200, { 'content-length': '99999999999' }).end())

    const response = await reader().request(url, { method: 'HEAD' })

    expect([response.headers['content-length'], response.body.length]).toEqual(['99999999999', 0])
  })
})

describe('trying again', () => {
  const cutOff =
    (...head: [Record<string, string>?]): Handler =>
    (_request, response) => {
      response.writeHead(200, ...head)
      response.write('half')
      setTimeout(() => response.destroy(), 5)
    }
  const faults: readonly (readonly [string, Handler])[] = [
    ['502', status(502, '<html>')],
    ['408', status(408)],
    ['425', status(425)],
    ['429', status(429)],
    ['a reset connection', request => void request.socket.resetAndDestroy()],
    ['a body cut off', cutOff({ 'content-length': '100' })],
    ['a chunked body cut off', cutOff()],
    [
      'a compressed body cut off',
      (_request, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('whole'.repeat(100)).subarray(0, 20)),
    ],
  ]

  it.each(faults)('helps after %s', async (_name, fault) => {
    const { url, seen } = await serve(answers(fault, 'whole'))

    expect((await reader().request(url)).text()).toBe('whole')
    expect(seen).toHaveLength(2)
  })

  it('helps after a time-out, in the headers and in the body', async () => {
    const { url, seen } = await serve((_request, response, no) => {
      if (no === 2) response.write('half')
      if (no === 3) response.end('whole')
    })

    expect((await reader({ timeoutMs: 40 }).request(url)).text()).toBe('whole')
    expect(seen).toHaveLength(3)
  })

  it('is not hurried by a time-out longer than a timer can take', async () => {
    const { url, seen } = await serve((_request, response) => void setTimeout(() => response.end('slow'), 20))

    expect((await reader({ timeoutMs: Number.POSITIVE_INFINITY }).request(url)).text()).toBe('slow')
    expect(seen).toHaveLength(1)
  })

  it('a body that trickles in does not keep an attempt alive beyond its time', async () => {
    const { url } = await serve((_request, response) => {
      const trickle = setInterval(() => response.write('x'), 5)
      response.on('close', () => clearInterval(trickle))
    })

    const error = await errorOf(reader({ timeoutMs: 50, retry: { attempts: 1 } }).request(url))

    expect(error).toMatchObject({ code: 'ETL_SOURCE_UNAVAILABLE', retry: 'exhausted' })
    expect(String(error)).toContain('timed out (no complete answer within 50 ms)')
  })

  it('ends after all attempts, and says so', async () => {
    const { url, seen } = await serve(status(503, 'come   back\nlater'))

    const error = await errorOf(reader().request(`${url}/items?page=2`))

    expect(error).toMatchObject({ code: 'ETL_SOURCE_UNAVAILABLE', retry: 'exhausted', context: { status: 503, attempts: 4 } })
    expect((error as Error).message).toBe(
      `GET ${url}/items?page=2 answered 503 Service Unavailable: come back later. Tried 4 times.`,
    )
    expect(seen).toHaveLength(4)
  })

  it.each([
    [401, 'ETL_SOURCE_DENIED'],
    [403, 'ETL_SOURCE_DENIED'],
    [404, 'ETL_SOURCE_NOT_FOUND'],
    [410, 'ETL_SOURCE_NOT_FOUND'],
    [400, 'ETL_SOURCE_REFUSED'],
    [422, 'ETL_SOURCE_REFUSED'],
    [304, 'ETL_SOURCE_REFUSED'],
  ])('does not happen after %i: %s', async (code, expected) => {
    const { url, seen } = await serve(status(code, code === 304 ? '' : 'no'))

    expect(await errorOf(reader().request(url))).toMatchObject({ code: expected, retry: 'never' })
    expect(seen).toHaveLength(1)
  })

  it('waits as long as Retry-After asks, in seconds or until a date', async () => {
    const clock = { now: () => Date.UTC(2026, 0, 1) - 60 }
    const waits: number[] = []
    const { url, seen } = await serve(
      answers(
        status(429, '', { 'retry-after': '0.05' }),
        status(503, '', { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' }),
        'ok',
      ),
    )

    await reader({ clock, onRetry: ({ waitMs }) => waits.push(waitMs) }).request(url)

    expect(waits).toEqual([50, 60])
    expect((seen[1]?.atMs ?? 0) - (seen[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(49)
  })

  it('does not happen when Retry-After asks for longer than the longest wait', async () => {
    const { url, seen } = await serve(status(429, 'slow down', { 'retry-after': '3600' }))

    const error = await errorOf(reader().request(url))

    expect(error).toMatchObject({ code: 'ETL_SOURCE_RATE_LIMITED', retry: 'exhausted', retryAfterMs: 3_600_000 })
    expect(seen).toHaveLength(1)
  })

  it('holds the other requests too while Retry-After lasts', async () => {
    const { url, seen } = await serve(answers(status(429, '', { 'retry-after': '0.08' }), 'ok'))
    const polite = reader()

    const first = polite.request(`${url}/1`)
    while (seen.length === 0) await sleep(2)
    await sleep(15)
    await Promise.all([first, polite.request(`${url}/2`)])

    expect((seen[1]?.atMs ?? 0) - (seen[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(75)
  })

  it('is up to the caller where the status says too little', async () => {
    const { url, seen } = await serve(answers(status(400, '<html>'), status(200, 'not yet'), status(500, 'never'), 'unused'))
    const seenByCaller: number[] = []

    const error = await errorOf(
      reader().request(url, {
        classify: ({ status }) => {
          seenByCaller.push(status)
          return status === 500 ? 'fail' : 'retry'
        },
      }),
    )

    expect(error).toMatchObject({ code: 'ETL_SOURCE_UNAVAILABLE', retry: 'never' })
    expect([seen.length, seenByCaller]).toEqual([3, [400, 200, 500]])
  })

  it('takes an error for an answer if the caller does', async () => {
    const { url } = await serve(status(404, 'none'))

    expect((await reader().request(url, { classify: () => 'ok' })).text()).toBe('none')
  })

  it('is told of, each time, to the reader and to the request', async () => {
    const { url } = await serve(answers(status(502), status(429), 'ok'))
    const notices: RetryNotice[] = []
    let ofRequest = 0

    await reader({ onRetry: notice => notices.push(notice) }).request(url, { onRetry: () => ofRequest++ })

    expect(notices.map(({ attempt, error }) => [attempt, error.code, error.retry])).toEqual([
      [1, 'ETL_SOURCE_UNAVAILABLE', 'later'],
      [2, 'ETL_SOURCE_RATE_LIMITED', 'later'],
    ])
    expect(ofRequest).toBe(2)
  })

  it('names a host that refuses the connection', async () => {
    const error = await errorOf(reader({ retry: { attempts: 1 } }).request('http://127.0.0.1:9/'))

    expect(error).toMatchObject({ code: 'ETL_SOURCE_UNAVAILABLE', retry: 'exhausted' })
    expect((error as Error).message).toContain('the connection was refused')
    expect(isEtlError(error) && error.cause).toBeInstanceOf(Error)
  })
})

describe('an abort', () => {
  const reason = new StopError('ETL_STOP_SIGNAL', 'stop')

  it('ends a request at once with its reason, and closes the connection', async () => {
    const stop = new AbortController()
    let closed = false
    const { url, seen } = await serve((_request, response) => response.on('close', () => (closed = true)))
    const pending = errorOf(reader().request(url, { signal: stop.signal }))
    while (seen.length === 0) await sleep(2)

    stop.abort(reason)

    expect(await pending).toBe(reason)
    await sleep(20)
    expect([closed, seen.length]).toEqual([true, 1])
  })

  it('ends a body that is being read', async () => {
    const stop = new AbortController()
    const { url } = await serve((_request, response) => response.write('half'))
    const pending = errorOf(reader().request(url, { signal: stop.signal }))
    setTimeout(() => stop.abort(reason), 40)

    expect(await pending).toBe(reason)
  })

  it('ends a wait at once, and no further attempt is made', async () => {
    const stop = new AbortController()
    const { url, seen } = await serve(status(503, '', { 'retry-after': '10' }))
    const slow = reader({
      retry: { attempts: 5, firstMs: 10_000, maxMs: 20_000 },
      onRetry: () => setTimeout(() => stop.abort(reason), 5),
    })
    const beganAtMs = Date.now()

    expect(await errorOf(slow.request(url, { signal: stop.signal }))).toBe(reason)

    expect(Date.now() - beganAtMs).toBeLessThan(1_000)
    await sleep(30)
    expect(seen).toHaveLength(1)
  })

  it('ends a request that waits for its turn, without holding up the others', async () => {
    const stop = new AbortController()
    const { url, seen } = await serve((_request, response) => void setTimeout(() => response.end('ok'), 60))
    const narrow = reader({ concurrency: 1 })
    const first = narrow.request(`${url}/first`)
    const second = errorOf(narrow.request(`${url}/second`, { signal: stop.signal }))
    const third = narrow.request(`${url}/third`)

    stop.abort(reason)

    expect(await second).toBe(reason)
    await Promise.all([first, third])
    expect(seen.map(({ path }) => path)).toEqual(['/first', '/third'])
  })

  it('before the call sends nothing', async () => {
    const { url, seen } = await serve(status(200))

    expect(await errorOf(reader().request(url, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(seen).toHaveLength(0)
  })
})

describe('politeness', () => {
  it('keeps to the concurrency', async () => {
    let open = 0
    let most = 0
    const { url } = await serve((_request, response) => {
      most = Math.max(most, ++open)
      setTimeout(() => {
        open--
        response.end()
      }, 10)
    })
    const narrow = reader({ concurrency: 2 })

    await Promise.all(Array.from({ length: 7 }, () => narrow.request(url)))

    expect(most).toBe(2)
  })

  it('spaces requests out evenly', async () => {
    const { url, seen } = await serve(status(200))
    const spaced = reader({ requestsPerSecond: 50 })
    // The first one loads the client, which takes time of its own.
    await spaced.request(url)

    await Promise.all(Array.from({ length: 9 }, () => spaced.request(url)))

    // 160 ms apart as they left; a busy server may see the first of them late.
    expect((seen[9]?.atMs ?? 0) - (seen[1]?.atMs ?? 0)).toBeGreaterThanOrEqual(80)
  })

  it('is not held up by a clock that is set back', async () => {
    const { url, seen } = await serve(status(200))
    let setBackMs = 0
    const spaced = reader({ requestsPerSecond: 50, clock: { now: () => Date.now() - setBackMs } })
    await spaced.request(url)

    setBackMs = 3_600_000
    await spaced.request(url)

    expect((seen[1]?.atMs ?? 0) - (seen[0]?.atMs ?? 0)).toBeLessThan(1_000)
  })

  it('fetches a page only when it is asked for, and none after the loop is left', async () => {
    const { url, seen } = await serve((request, response) => response.end(request.url))
    const pages = reader().pages(`${url}/1`, response => `${url}/${Number(response.text().slice(1)) + 1}`)
    await sleep(10)
    expect(seen).toHaveLength(0)

    const texts: string[] = []
    for await (const page of pages) {
      texts.push(page.text())
      expect(seen).toHaveLength(texts.length)
      if (texts.length === 3) break
    }

    expect([texts, seen.length]).toEqual([['/1', '/2', '/3'], 3])
  })

  it('ends the pages where there is no next one', async () => {
    const { url } = await serve((request, response) => response.end(request.url))

    const texts: string[] = []
    for await (const page of reader().pages(`${url}/1`, () => undefined)) texts.push(page.text())

    expect(texts).toEqual(['/1'])
  })
})

describe('redirects', () => {
  it('are followed, with credentials to the same origin only', async () => {
    const other = await serve(status(200, 'there'))
    const { url, seen } = await serve((request, response) => {
      const location = request.url === '/a' ? '/b' : `${other.url}/c`
      response.writeHead(302, { location }).end()
    })

    const headers = { Authorization: 'Bearer abcdef', 'X-Api-Key': 'abcdef', 'Accept-Language': 'en' }
    const response = await reader().request(`${url}/a`, { headers })

    expect([response.text(), response.url]).toEqual(['there', `${other.url}/c`])
    expect(seen.map(request => request.headers.authorization)).toEqual(['Bearer abcdef', 'Bearer abcdef'])
    const received = other.seen[0]?.headers
    expect([received?.authorization, received?.['x-api-key'], received?.['accept-language']]).toEqual([
      undefined,
      undefined,
      'en',
    ])
  })

  it('end somewhere', async () => {
    const { url, seen } = await serve(status(302, '', { location: '/' }))

    const error = await errorOf(reader({ maxRedirects: 3 }).request(url))

    expect(error).toMatchObject({ code: 'ETL_SOURCE_REFUSED', retry: 'never' })
    expect(seen).toHaveLength(4)
  })
})

describe('what is said about a request', () => {
  it('has one log entry per attempt, without secrets', async () => {
    const { url } = await serve(answers(request => void request.socket.destroy(), status(502, 'four'), 'ok'))
    const log: RequestLogEntry[] = []

    await reader({ onRequest: entry => log.push(entry) }).request(`${url}/x?api_key=abcdef&page=1`)

    expect(log.map(({ attempt, status, bytes, method }) => [attempt, status, bytes, method])).toEqual([
      [1, undefined, 0, 'GET'],
      [2, 502, 4, 'GET'],
      [3, 200, 2, 'GET'],
    ])
    expect(JSON.stringify(log)).not.toContain('abcdef')
  })

  it('never holds a secret the server says back', async () => {
    const { url } = await serve((request, response) =>
      response.writeHead(400).end(`bad ${request.url} for ${request.headers.authorization}`),
    )
    const headers = { Authorization: 'Bearer s3cr3t-t0ken' }

    const error = (await errorOf(reader({ headers }).request(`${url}/x?token=a%2Fbcdef`))) as Error

    expect(error.message).toContain('answered 400 Bad Request: bad /x?token=*** for ***')
    expect(JSON.stringify(error)).not.toMatch(/s3cr3t|a%2Fbcdef|a\/bcdef/)
  })
})

describe('the reader', () => {
  it('takes a ready dispatcher and leaves it open', async () => {
    const { url } = await serve(status(200, 'ok'))
    const dispatcher = new Agent()
    const own = reader({ dispatcher })
    await own.request(url)
    await own.close()

    expect((await own.request(url)).text()).toBe('ok')
    await dispatcher.close()
  })

  it('has its requests counted, by host and method: those that are tried again, and those that redirects lead to', async () => {
    const { url, seen } = await serve(answers(status(503), status(302, '', { location: '/there' }), 'ok'))

    const requests = await countingRequests(async soFar => {
      await reader().request(url)
      return soFar()
    })

    expect(requests).toEqual({ '127.0.0.1': { GET: 3 } })
    expect(seen).toHaveLength(3)
  })

  it('is known by any copy of this package', () => {
    expect([isHttpReader(reader()), isHttpReader({})]).toEqual([true, false])
  })

  it('refuses options and addresses that make no sense', async () => {
    expect(() => httpReader({ concurrency: 0, requestsPerSecond: 0, retry: { attempts: 1.5 } })).toThrow(
      /concurrency.*retry\.attempts.*requestsPerSecond/,
    )
    for (const address of ['nonsense', 'ftp://example.org', 'https://user:pa55word@example.org']) {
      const error = await errorOf(reader().request(address))
      expect(error).toMatchObject({ code: 'ETL_CONFIG_INVALID' })
      expect(String(error)).not.toContain('pa55word')
    }
  })

  it.each([
    'https://user:pa55word@exa mple.org/a',
    'https://user:pa@55word@:x',
    'https://user:pa55word//a@:x',
    'user:pa55word@example.org',
    '//user:pa55word@example.org/a',
    'https://exa mple.org/a?token=pa55word',
    '/items#pa55word',
    'ftp://example.org/a?key=pa55word',
    'data:text/plain,pa55word',
    `${'long'.repeat(30)}pa55word`,
  ])('shows no secret of an address it refuses: %s', async address => {
    const error = await errorOf(reader().request(address))

    expect(error).toMatchObject({
      code: 'ETL_CONFIG_INVALID',
      message: expect.stringContaining('is not an http or https address'),
    })
    expect(String(error)).not.toMatch(/55word/)
  })
})
