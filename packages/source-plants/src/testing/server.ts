import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { notThere, plantAnswer, rootAnswer, type Stock } from './api.js'
import type { Generation, Moment } from './bodies.js'
import { answerWith, type Fault, isWireFault } from './faults.js'
import { chanceOf } from './random.js'

/** How the server is set up. Everything has a default. */
export interface PlantsServerOptions {
  /** Default 3. */
  readonly generation?: Generation
  /** Decides names, readings, faults and delays: the same seed, the same answers. Default 1. */
  readonly seed?: number | string
  /** The highest id of a plant. Default 50. */
  readonly plants?: number
  /** Ids below it that are not found. Default `[7]`. */
  readonly holes?: readonly number[]
  /** Plants at another museum. Default `[43]`. */
  readonly loans?: readonly number[]
  /** Time as the server sees it, ISO or epoch milliseconds; stands still but for `advance`. Default: the computer's clock. */
  readonly now?: string | number
  /** The share of answers that are sensor faults, ids without a plant included. Default 0.02, as the real one was seen. */
  readonly faultRate?: number
  /** Before an answer, milliseconds; of a range, each request has its own. Default 0. */
  readonly latencyMs?: number | readonly [least: number, most: number]
  /** Stuck and spiking sensors, odd names. Default true. */
  readonly dirty?: boolean
  /** The zone of times written without one. Default Europe/London. */
  readonly timeZone?: string
  /** Default 0: a free one. */
  readonly port?: number
}

/** One request the server got. */
export interface LoggedRequest {
  /** From 1, in the order they came. */
  readonly no: number
  readonly path: string
  /** The plant asked for, if it was one. */
  readonly id?: number
  readonly fault?: Fault | 'down'
  /** Epoch milliseconds of the computer's clock. */
  readonly atMs: number
}

/** A running server. */
export interface PlantsServer {
  /** For `apiUrl`. */
  readonly url: string
  readonly requests: readonly LoggedRequest[]
  /** Requests that are not answered yet. */
  readonly open: number
  /** The most requests that were open at once. */
  readonly mostOpen: number
  generation: Generation
  /** The highest id of a plant: museums buy and sell. */
  plants: number
  /** Every connection is reset. */
  down: boolean
  latencyMs: number | readonly [least: number, most: number]
  /** Epoch milliseconds as the server sees them. */
  now(): number
  /** Moves the server's time on, in milliseconds. From then on it stands still otherwise. */
  advance(ms: number): void
  /** The next requests go wrong. */
  failNext(fault: Fault, times?: number): void
  /** Requests for this plant go wrong, from now on or so many times. */
  failPlant(id: number, fault: Fault, times?: number): void
  /** Changes what is answered for a plant, from now on. */
  alter(id: number, change: (body: Record<string, unknown>) => unknown): void
  /** What the server would answer now if nothing went wrong, as JSON; an error's body where there is no plant. */
  peek(id: number): unknown
  close(): Promise<void>
}

/**
 * A simulator of the plants API on loopback, in any of its three generations: holes, loans, random sensor faults, delays, dirty values,
 * a time of its own, and faults on demand. Answers follow from the seed, the minute and how often the plant was asked for; not from the
 * order requests come in. Within one minute of its time a plant gives the same reading.
 *
 * @example
 * const server = await plantsServer({ generation: 3, seed: 7, now: '2026-03-29T00:58:00Z' })
 * const source = plants({ apiUrl: server.url })
 * // ... run the pipeline ...
 * server.advance(60_000)
 * // ... and run it for the next minute
 */
export async function plantsServer(options: PlantsServerOptions = {}): Promise<PlantsServer> {
  const chance = chanceOf(options.seed ?? 1)
  const changes = new Map<number, (body: Record<string, unknown>) => unknown>()
  const stock: Stock = {
    plants: options.plants ?? 50,
    holes: new Set(options.holes ?? [7]),
    loans: new Set(options.loans ?? [43]),
    changes,
  }
  const requests: LoggedRequest[] = []
  const next: Fault[] = []
  const ofPlant = new Map<number, { readonly fault: Fault; left: number }>()
  const asked = new Map<number, number>()
  let stoodAtMs = options.now === undefined ? undefined : new Date(options.now).getTime()
  let open = 0
  let mostOpen = 0
  const now = () => stoodAtMs ?? Date.now()
  const self = { generation: options.generation ?? 3, down: false, latencyMs: options.latencyMs ?? 0 }

  const moment = (): Moment => ({
    generation: self.generation,
    nowMs: now(),
    chance,
    dirty: options.dirty ?? true,
    timeZone: options.timeZone ?? 'Europe/London',
  })

  /** On demand first, then by chance: the n-th call for a plant has the same luck in every run. */
  const faultFor = (id: number | undefined): Fault | undefined => {
    const ordered = next.shift()
    if (ordered !== undefined || id === undefined) return ordered
    const times = (asked.get(id) ?? 0) + 1
    asked.set(id, times)
    const planned = ofPlant.get(id)
    if (planned && planned.left-- > 0) return planned.fault
    return chance('fault', id, times) < (options.faultRate ?? 0.02) ? 'sensorFault' : undefined
  }

  const server = createServer((request, response) => {
    open++
    mostOpen = Math.max(mostOpen, open)
    response.on('close', () => open--)
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const id = idOf(path)
    const fault = self.down ? 'down' : faultFor(id)
    const no = requests.length + 1
    requests.push({ no, path, ...(id === undefined ? {} : { id }), ...(fault === undefined ? {} : { fault }), atMs: Date.now() })
    if (fault === 'down') {
      request.socket.resetAndDestroy()
      return
    }
    const right = id === undefined ? (path === base ? rootAnswer(stock) : notThere) : plantAnswer(id, stock, moment(), fault)
    later(delayOf(fault, self.latencyMs, chance('latency', no)), response, () => {
      response.setHeader('date', new Date(now()).toUTCString())
      if (isWireFault(fault)) answerWith(fault, right, request, response)
      else response.writeHead(right.status, { 'content-type': right.contentType }).end(right.body)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
    requests,
    get open() {
      return open
    },
    get mostOpen() {
      return mostOpen
    },
    get generation() {
      return self.generation
    },
    set generation(generation) {
      self.generation = generation
    },
    get plants() {
      return stock.plants
    },
    set plants(plants) {
      stock.plants = plants
    },
    get down() {
      return self.down
    },
    set down(down) {
      self.down = down
    },
    get latencyMs() {
      return self.latencyMs
    },
    set latencyMs(latencyMs) {
      self.latencyMs = latencyMs
    },
    now,
    advance(ms) {
      stoodAtMs = now() + ms
    },
    failNext: (fault, times = 1) => void next.push(...Array.from({ length: times }, () => fault)),
    failPlant: (id, fault, times = Number.POSITIVE_INFINITY) => void ofPlant.set(id, { fault, left: times }),
    alter: (id, change) => void changes.set(id, change),
    peek: id => JSON.parse(plantAnswer(id, stock, moment(), undefined).body),
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const base = '/plants'

function idOf(path: string): number | undefined {
  const [, id] = /^\/plants\/(-?\d+)$/.exec(path) ?? []
  return id === undefined ? undefined : Number(id)
}

function delayOf(fault: Fault | undefined, latencyMs: PlantsServer['latencyMs'], chance: number): number {
  if (typeof fault === 'object' && 'delayMs' in fault) return fault.delayMs
  if (typeof latencyMs === 'number') return latencyMs
  const [least, most] = latencyMs
  return least + chance * (most - least)
}

function later(delayMs: number, response: ServerResponse, act: () => void): void {
  if (delayMs <= 0) {
    act()
    return
  }
  const timer = setTimeout(act, delayMs)
  response.on('close', () => clearTimeout(timer))
}
