import { AsyncLocalStorage } from 'node:async_hooks'

/** How often other systems were asked: by service, then by what was asked. `{ s3: { GetObject: 12 }, 'api.example.org': { GET: 40 } }` */
export type Requests = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Services told one by one. A source that is led from host to host would otherwise fill the report, and bills for metrics, with names. */
const mostServices = 20
/** What services beyond those are counted as. */
const otherServices = '(other services)'

type Counter = Map<string, Map<string, number>>

/** A process may hold several copies of this package, the command's and a project's: what one begins to count, the others add to. */
const shared = Symbol.for('millrace.requests')

function counters(): AsyncLocalStorage<Counter> {
  const known = globalThis as { [shared]?: AsyncLocalStorage<Counter> }
  known[shared] ??= new AsyncLocalStorage()
  return known[shared]
}

/**
 * Says that a system outside was asked something: plug-ins call it once for each request that goes out, those that are tried again
 * included. It belongs to the run in whose course it is called, also where clients are shared by runs. Outside of runs it does nothing.
 *
 * @param service - Whom: `s3`, a host's name. Nothing secret, and few different ones: from the 21st on they are counted together.
 * @param operation - What: `GetObject`, `GET`.
 */
export function countRequest(service: string, operation: string): void {
  requestCounter()(service, operation)
}

/** {@link countRequest} for the run in whose course this is called, to be used later, where a queue or a pool has lost whose turn it is. */
export function requestCounter(): typeof countRequest {
  const counter = counters().getStore()
  if (!counter) return () => undefined
  return (service, operation) => {
    const name = counter.has(service) || counter.size < mostServices ? service : otherServices
    const operations = counter.get(name) ?? new Map<string, number>()
    counter.set(name, operations.set(operation, (operations.get(operation) ?? 0) + 1))
  }
}

/** @internal Does some work and counts its requests: those that were made when `soFar` is called, sorted by name. */
export function countingRequests<V>(work: (soFar: () => Requests) => V): V {
  const counter: Counter = new Map()
  return counters().run(counter, () => work(() => sorted(counter, operations => sorted(operations, count => count))))
}

function sorted<V, R>(map: ReadonlyMap<string, V>, of: (value: V) => R): Record<string, R> {
  const entries = [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, value]) => [name, of(value)]))
}
