import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { IamJudge } from '../iam/judge.js'
import type { S3Server, S3ServerOptions } from './api.js'
import type { S3Credentials } from './auth/authenticate.js'
import { type Incoming, incomingOf } from './auth/incoming.js'
import { awsConfigOf, awsHostOf } from './aws-config.js'
import { S3Failure } from './errors.js'
import { createFaults, delayAt } from './faults.js'
import { deleteDirectly, objectAt, objectsOf, putDirectly, unfinishedIn } from './inspect.js'
import { entryOf, type LogEntry } from './log.js'
import { newBucket } from './operations/buckets.js'
import { operationOf, targetOf } from './router.js'
import { pause, reset, send } from './send.js'
import { type Arrived, bytesOf, errorAnswer, serve } from './serve.js'
import { type Answer, bucketNamed, type World } from './world.js'

const defaultCredentials: S3Credentials = {
  accessKeyId: 'AKIATESTSERVER000001',
  secretAccessKey: 'secret/of+the/test+server/0000000000001',
}
const defaultRegion = 'us-east-1'
const minPartBytes = 5 * 1024 * 1024
const pageEntries = 1_000

/**
 * An S3 that is honest on loopback: it believes no request. Signatures, payload hashes, chunk signatures, trailers, digests and
 * checksums are verified; conditions, part sizes and orders, limits are judged as S3 judges them; and whatever it does not implement it
 * refuses with 501 and lists in `unsupported`, so that no client passes a test by being ignored. All in memory.
 *
 * What is modelled, what is not, and what is known only from measurements or hearsay: README.md beside this file.
 *
 * @example
 * const server = await s3Server({ buckets: ['lake'] })
 * const client = new S3Client(server.clientConfig())
 * server.failWhen({ operation: 'CompleteMultipartUpload' }, 'resetAfter')
 * // …
 * expect([...server.objects('lake').keys()]).toEqual(['out/1.csv'])
 * expect(server.unfinishedUploads('lake')).toEqual([])
 * await server.close()
 */
export async function s3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const region = options.region ?? defaultRegion
  const credentials = options.credentials ?? defaultCredentials
  const hostnames = [...(options.hostnames ?? []), awsHostOf(region)]
  const known = new Map<string, S3Credentials>([[credentials.accessKeyId, credentials]])
  const expired = new Map<string, number>()
  const restricted = new Map<string, IamJudge>()
  const faults = createFaults()
  const requests: LogEntry[] = []
  const unsupported: string[] = []
  const closing = new AbortController()
  let clockOffsetMs = options.clockOffsetMs ?? 0
  let open = 0
  const world: World = {
    buckets: new Map(),
    minPartBytes: options.minPartBytes ?? minPartBytes,
    pageEntries: options.pageEntries ?? pageEntries,
    like: options.like ?? 'aws',
    repeatedComplete: options.repeatedComplete ?? 'same',
    now: () => Date.now() + clockOffsetMs,
  }
  for (const name of options.buckets ?? []) newBucket(world, name, region)

  const find = (no: number) => (accessKeyId: string) => {
    const found = known.get(accessKeyId)
    return found && no >= (expired.get(accessKeyId) ?? Number.POSITIVE_INFINITY) ? { ...found, expiresAtMs: 0 } : found
  }

  function answerOf(arrived: Arrived): Answer {
    const { entry, target } = arrived
    try {
      return serve(arrived, world, { nowMs: world.now(), find: find(entry.no), restricting: id => restricted.get(id) })
    } catch (error) {
      const failure = error instanceof S3Failure ? error : new S3Failure({ code: 'TestServerBug', status: 500 }, String(error))
      entry.code = failure.code
      if (failure.code === 'NotImplemented') unsupported.push(String(failure.details.Header ?? failure.message))
      return errorAnswer(failure, target, entry.no)
    }
  }

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const incoming = parsed(message)
    const target = incoming instanceof S3Failure ? { bucket: '', key: '' } : targetOf(incoming, hostnames)
    const request = incoming instanceof S3Failure ? unparsable(message) : incoming
    const operation = operationOf(request, target)
    const entry = entryOf(requests.length + 1, request, target, typeof operation === 'string' ? operation : 'Unsupported')
    requests.push(entry)
    const fault = faults.take(entry)
    if (fault !== undefined) entry.fault = fault
    if (fault === 'resetBefore') return reset(message)
    const raw = await bytesOf(message)
    await pause(delayAt('before', fault), closing.signal)
    const answer =
      incoming instanceof S3Failure
        ? errorAnswer(incoming, target, entry.no)
        : answerOf({ request, target, operation, raw, fault, entry })
    await send(answer, { request: message, response, entry, fault, nowMs: world.now(), signal: closing.signal })
  }

  const server = createServer((message, response) => {
    open++
    response.sendDate = false
    response.on('close', () => open--)
    // A client that goes away while it sends leaves an entry without a status.
    handle(message, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`

  return {
    url,
    region,
    credentials,
    requests,
    unsupported,
    get open() {
      return open
    },
    get clockOffsetMs() {
      return clockOffsetMs
    },
    set clockOffsetMs(offsetMs) {
      clockOffsetMs = offsetMs
    },
    env: () => ({
      AWS_ENDPOINT_URL_S3: url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
      AWS_REGION: region,
    }),
    clientConfig: () => ({ endpoint: url, region, forcePathStyle: true, credentials: { ...credentials } }),
    awsClientConfig: () => awsConfigOf(port, region, credentials),
    createBucket(name, { region: own = region, versioning = false } = {}) {
      newBucket(world, name, own).versioning = versioning ? 'Enabled' : 'off'
    },
    put: (bucket, key, body, putOptions) => putDirectly(world, bucket, key, body, putOptions),
    get: (bucket, key) => objectAt(world, bucket, key),
    delete: (bucket, key) => deleteDirectly(world, bucket, key),
    objects: bucket => objectsOf(world, bucket),
    unfinishedUploads: bucket => unfinishedIn(world, bucket),
    versionIds: (bucket, key) => (bucketNamed(world, bucket).keys.get(key) ?? []).map(({ versionId }) => versionId),
    failNext: (fault, times = 1) => faults.add({ times }, fault),
    failAt: (no, fault) => faults.add({ no }, fault),
    failWhen: (match, fault) => faults.add(match, fault),
    clearFaults: faults.clear,
    restrict: (judge, accessKeyId = credentials.accessKeyId) => void restricted.set(accessKeyId, judge),
    addCredentials: added => void known.set(added.accessKeyId, added),
    expireCredentials({ accessKeyId = credentials.accessKeyId, fromRequest = requests.length + 1 } = {}) {
      expired.set(accessKeyId, fromRequest)
    },
    close: () =>
      new Promise<void>(resolve => {
        closing.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function parsed(message: IncomingMessage): Incoming | S3Failure {
  try {
    return incomingOf(message.method ?? '', message.url ?? '/', message.rawHeaders)
  } catch (error) {
    if (error instanceof S3Failure) return error
    throw error
  }
}

function unparsable(message: IncomingMessage): Incoming {
  return { method: message.method ?? '', rawPath: message.url ?? '', path: '/', query: [], headers: {} }
}
