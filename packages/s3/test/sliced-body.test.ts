import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { S3Client } from '@aws-sdk/client-s3'
import { quietly } from '@millrace/aws'
import { holders } from '@millrace/etl-testkit'
import { expect, test } from 'vitest'
import { bucket, s3World } from './support/world.js'

const mebibyte = 1024 * 1024
const random = (bytes: number) =>
  Buffer.from(Array.from({ length: bytes / 1024 }, (_, at) => String.fromCharCode(32 + (at % 90)).repeat(1024)).join(''))
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('chunks of known size are not held beside the buffer they go into', async () => {
  await using world = await s3World()
  const { show, held } = holders()
  const left: number[] = []
  const chunks = async function* () {
    for (let count = 0; count < 12; count++) {
      yield show(new Uint8Array(64 * 1024).fill(count))
      left.push(await held())
    }
  }

  await world.store.put('a', chunks(), { bytes: 12 * 64 * 1024 })

  expect(Math.max(...left)).toBeLessThanOrEqual(2)
  expect(world.server.get(bucket, 'a')?.bytes.length).toBe(12 * 64 * 1024)
})

test.each([
  ['too few', 1],
  ['too many', 5_000_000],
])('a size that says %s bytes does no harm', async (_, bytes) => {
  await using world = await s3World()
  const body = random(300 * 1024)
  const chunks = async function* () {
    for (let at = 0; at < body.length; at += 10_000) yield body.subarray(at, at + 10_000)
  }

  await world.store.put('a', chunks(), { bytes })

  expect(sha256(world.server.get(bucket, 'a')?.bytes ?? Buffer.of())).toBe(sha256(body))
})

test('a body goes to the connection in slices, again whole when a try failed, and arrives as it was', async () => {
  await using world = await s3World()
  const { endpoint, region, credentials } = world.server.clientConfig()
  const client = quietly(() => new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 3 }))
  const inner = client.config.requestHandler
  const largest: number[] = []
  const watch = async function* (body: Readable) {
    let most = 0
    for await (const chunk of body) {
      most = Math.max(most, (chunk as Uint8Array).length)
      yield chunk
    }
    largest.push(most)
  }
  let failures = 1
  client.config.requestHandler = Object.assign(Object.create(inner), {
    async handle(request: { body?: unknown; method: string }, options: object) {
      const { body, method } = request
      const watched = body instanceof Readable ? { ...request, body: Readable.from(watch(body)) } : request
      const answer = await inner.handle(watched as never, options)
      if (method === 'PUT' && failures-- > 0) throw Object.assign(new Error('cut off'), { name: 'TimeoutError' })
      return answer
    },
  })
  const store = world.open({ client, partBytes: 5 * mebibyte })
  const bodies = { once: random(3 * mebibyte), parts: random(11 * mebibyte) }

  for (const [key, body] of Object.entries(bodies)) await store.put(key, body)

  // Twice the first, then three parts.
  expect(largest).toHaveLength(2 + 3)
  expect(Math.max(...largest)).toBeLessThanOrEqual(256 * 1024)
  for (const [key, body] of Object.entries(bodies))
    expect(sha256(world.server.get(bucket, key)?.bytes ?? Buffer.of())).toBe(sha256(body))
  client.destroy()
})
