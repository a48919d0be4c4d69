import { hashOf } from '@millrace/etl-core'
import { type Api, openApi } from './client.js'
import type { S3ClientOptions } from './options.js'

/** Each run opens its places anew. A process that opens ever other ones must not keep all their clients. */
const mostKept = 20

/** By how they are reached, the oldest first. */
const known = new Map<string, Promise<Api>>()
const named = new WeakMap<object, number>()
let names = 0

/**
 * {@link openApi}, with one client for all stores that are reached the same way: over the runs of a process, such as the invocations of a
 * Lambda's execution environment, connections and credentials are used again. Where a variable of AWS in the environment has changed, it
 * is another way. A failure is not kept.
 */
export function sharedApi(options: S3ClientOptions): Promise<Api> {
  if (options.client) return openApi(options)
  const key = wayOf(options)
  const found = known.get(key)
  if (found) return found
  const opening: Promise<Api> = openApi(options).catch(error => {
    if (known.get(key) === opening) known.delete(key)
    throw error
  })
  known.set(key, opening)
  for (const oldest of [...known.keys()].slice(0, -mostKept)) known.delete(oldest)
  return opening
}

/** A hash, as what it is made of may be secret. */
function wayOf({ region, endpoint, forcePathStyle, credentials, maxAttempts }: S3ClientOptions): string {
  const environment = Object.entries(process.env).filter(([name]) => name.startsWith('AWS_'))
  const way = [region, endpoint, forcePathStyle, maxAttempts, ownerOf(credentials), environment.sort()]
  return hashOf(way.map(each => each ?? null) as never)
}

/** Keys by what they are, functions by which it is. */
function ownerOf(credentials: S3ClientOptions['credentials']): unknown {
  if (typeof credentials !== 'function') return credentials && { ...credentials, expiration: null }
  const found = named.get(credentials) ?? ++names
  named.set(credentials, found)
  return found
}
