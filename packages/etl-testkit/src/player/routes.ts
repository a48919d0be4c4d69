import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError, type Json } from '@millrace/etl-core'

/** A recorded response and the request it answers. */
export interface RecordedRoute {
  /** Default `GET`. */
  readonly method?: string
  /** Path and query: `/v2/country?format=json&page=2`. The order of query fields does not matter. */
  readonly path: string
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text and bytes are sent as they are, anything else as JSON. Default: empty. */
  readonly body?: Json | Uint8Array
  /** A file of the recordings' folder that holds the body, instead of `body`. */
  readonly file?: string
}

/** A route ready to be sent. */
export interface PlayedRoute {
  readonly key: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** What identifies a request: method, path, and the query's fields in the order of their names. */
export function requestKey(method: string, target: string): string {
  const url = new URL(target, 'http://player')
  url.searchParams.sort()
  return `${method.toUpperCase()} ${url.pathname}${url.search}`
}

/** Reads what a folder of recordings holds: `recordings.json`, a list of routes, and the files it names. */
export async function readRoutes(folder: string | URL): Promise<PlayedRoute[]> {
  const path = typeof folder === 'string' ? folder : fileURLToPath(folder)
  const index = join(path, 'recordings.json')
  const routes = JSON.parse(await readFile(index, 'utf8')) as unknown
  if (!Array.isArray(routes)) throw new ConfigError('ETL_CONFIG_INVALID', `${index} must be a list of routes.`)
  return Promise.all((routes as RecordedRoute[]).map(route => playedRoute(route, path)))
}

/** Makes a route ready. Files are read now, so that one that is missing is told at once. */
export async function playedRoute(route: RecordedRoute, folder?: string): Promise<PlayedRoute> {
  const { method = 'GET', path, status = 200, headers = {} } = route
  const body = route.file === undefined ? bytesOf(route.body) : await readFile(join(folder ?? '.', route.file))
  const json = route.file?.endsWith('.json') || (route.file === undefined && isJson(route.body))
  const type = json && !('content-type' in headers) ? { 'content-type': 'application/json' } : {}
  return { key: requestKey(method, path), status, headers: { ...type, ...headers }, body }
}

const isJson = (body: RecordedRoute['body']): boolean =>
  body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)

function bytesOf(body: RecordedRoute['body']): Buffer {
  if (body === undefined) return Buffer.alloc(0)
  if (body instanceof Uint8Array) return Buffer.from(body)
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}
