import { afterEach, describe, expect, it } from 'vitest'
import { type HttpPlayer, playRecordings } from '../src/index.js'

let player: HttpPlayer

const start = async (...args: Parameters<typeof playRecordings>) => {
  player = await playRecordings(...args)
  return player
}

afterEach(() => player.close())

const text = async (path: string, init?: RequestInit) => {
  const response = await fetch(`${player.url}${path}`, init)
  return [response.status, await response.text()]
}

describe('the player', () => {
  it('answers by method, path and query, whatever the order of the query', async () => {
    await start({
      routes: [
        { path: '/a?x=1&y=%20b', body: 'one' },
        { path: '/a?x=2', body: { two: 2 } },
        { method: 'PUT', path: '/a', status: 204 },
      ],
    })

    expect(await text('/a?y=+b&x=1')).toEqual([200, 'one'])
    expect(await text('/a?x=2')).toEqual([200, '{"two":2}'])
    expect(await text('/a', { method: 'PUT', body: 'sent' })).toEqual([204, ''])
    expect(player.requests.map(({ method, path, body }) => [method, path, body]).at(-1)).toEqual(['PUT', '/a', 'sent'])
    expect(player.unexpected).toEqual([])
  })

  it('reads a folder of recordings', async () => {
    await start({ folder: new URL('fixtures/', import.meta.url) })

    const response = await fetch(`${player.url}/plants?size=2&page=1`)

    expect(response.headers.get('x-page')).toBe('1')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual([
      { id: 1, name: 'ñ' },
      { id: 2, name: 'b' },
    ])
    expect(await text('/search', { method: 'POST' })).toEqual([201, '{"found":2}'])
  })

  it('gives several recordings of one request in turn, the last from then on', async () => {
    await start({
      routes: [
        { path: '/a', body: 'first' },
        { path: '/a', body: 'last' },
      ],
    })

    const answers = [await text('/a'), await text('/a'), await text('/a')]

    expect(answers.map(([, body]) => body)).toEqual(['first', 'last', 'last'])
  })

  it('answers 501 to what was not recorded, and lists it', async () => {
    await start({ routes: [{ path: '/a', body: 'one' }] })

    expect((await text('/a?page=2'))[0]).toBe(501)
    expect(player.unexpected).toEqual(['GET /a?page=2'])
  })

  it('fails as often as it is told, where it is told', async () => {
    await start({
      routes: [
        { path: '/a', body: 'one' },
        { path: '/b', body: 'two' },
      ],
    })
    player.fail({ kind: 'status', status: 429, headers: { 'retry-after': '3' }, times: 2, path: /^\/a/ })

    const limited = await fetch(`${player.url}/a`)

    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3'])
    expect((await text('/b'))[0]).toBe(200)
    expect((await text('/a'))[0]).toBe(429)
    expect((await text('/a'))[0]).toBe(200)
    player.fail({ kind: 'reset', times: 9 })
    player.heal()
    expect((await text('/a'))[0]).toBe(200)
  })

  it('resets connections, and cuts answers off', async () => {
    await start({ routes: [{ path: '/a', body: 'x'.repeat(1000) }] })
    player.fail({ kind: 'reset' })
    player.fail({ kind: 'truncate', afterBytes: 10 })

    await expect(text('/a')).rejects.toThrow()
    const cut = await fetch(`${player.url}/a`)
    expect(cut.headers.get('content-length')).toBe('1000')
    await expect(cut.text()).rejects.toThrow()
  })

  it('delays answers, knows what is in flight, and does not wait for clients that left', async () => {
    await start({ routes: [{ path: '/a', body: 'one' }] })
    player.fail({ kind: 'delay', delayMs: 15 })
    player.fail({ kind: 'delay', delayMs: 60_000 })

    expect(await text('/a')).toEqual([200, 'one'])
    const stop = new AbortController()
    const waiting = text('/a', { signal: stop.signal })
    await expect.poll(() => player.inFlight()).toBe(1)
    stop.abort()
    await expect(waiting).rejects.toThrow()
    await expect.poll(() => player.inFlight()).toBe(0)
  })
})
