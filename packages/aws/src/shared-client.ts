import { hashOf } from '@millrace/etl-core'

/** How a client is reached, as far as services have it in common. */
export interface ClientWay {
  readonly client?: unknown
  readonly region?: string
  readonly endpoint?: string
  readonly forcePathStyle?: boolean
  readonly credentials?: unknown
  readonly maxAttempts?: number
}

/** Each run opens its places anew. A process that opens ever other ones must not keep all their clients. */
const mostKept = 20

/**
 * What opens clients of a service, with one for all that are reached the same way: over the runs of a process, such as the invocations of a
 * Lambda's execution environment, connections and credentials are used again. Where a variable of AWS in the environment has changed, it
 * is another way. A failure is not kept, and a client that is given is none of ours.
 */
export function sharing<O extends ClientWay, A>(open: (options: O) => Promise<A>): (options: O) => Promise<A> {
  /** The oldest first. */
  const known = new Map<string, Promise<A>>()
  return options => {
    if (options.client) return open(options)
    const key = wayOf(options)
    const found = known.get(key)
    if (found) return found
    const opening: Promise<A> = open(options).catch(error => {
      if (known.get(key) === opening) known.delete(key)
      throw error
    })
    known.set(key, opening)
    for (const oldest of [...known.keys()].slice(0, -mostKept)) known.delete(oldest)
    return opening
  }
}

/** A hash, as what it is made of may be secret. */
function wayOf({ region, endpoint, forcePathStyle, credentials, maxAttempts }: ClientWay): string {
  const environment = Object.entries(process.env).filter(([name]) => name.startsWith('AWS_'))
  const way = [region, endpoint, forcePathStyle, maxAttempts, ownerOf(credentials), environment.sort()]
  return hashOf(way.map(each => each ?? null) as never)
}

const named = new WeakMap<object, number>()
let names = 0

/** Keys by what they are, functions by which it is. */
function ownerOf(credentials: unknown): unknown {
  if (typeof credentials !== 'function') return credentials && { ...credentials, expiration: null }
  const found = named.get(credentials) ?? ++names
  named.set(credentials, found)
  return found
}
