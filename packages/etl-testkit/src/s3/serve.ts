import type { IncomingMessage } from 'node:http'
import type { IamJudge, IamRequest } from '../iam/judge.js'
import { authenticate, type Identity, type Judge } from './auth/authenticate.js'
import type { Incoming } from './auth/incoming.js'
import { verifiedPayload } from './body/payload.js'
import type { Call, Handler } from './call.js'
import { notImplemented, S3Failure } from './errors.js'
import { failureOf, type S3Fault } from './faults.js'
import type { LogEntry } from './log.js'
import { remove } from './operations/delete.js'
import { handlers } from './operations/index.js'
import { putObject } from './operations/put.js'
import { arnOf, permissionsOf, permissionToMiss } from './permissions.js'
import { effectiveHeaders, type Target } from './router.js'
import type { S3Operation } from './routes.js'
import { type Answer, ownerId, type World } from './world.js'
import { xmlDocument } from './xml.js'

/** A request with all its bytes. */
export interface Arrived {
  readonly request: Incoming
  readonly target: Target
  readonly operation: S3Operation | { readonly unsupported: string }
  readonly raw: Buffer
  readonly fault: S3Fault | undefined
  readonly entry: LogEntry
}

/** Who may sign, and who of them may not do everything. */
export interface ServeJudge extends Judge {
  restricting(accessKeyId: string): IamJudge | undefined
}

/** Judges a request and carries it out. */
export function serve(arrived: Arrived, world: World, judge: ServeJudge): Answer {
  const { request, target, operation, fault, entry } = arrived
  const identity = authenticate(request, judge)
  if (typeof operation !== 'string') throw notImplemented(operation.unsupported)
  const call = callOf(arrived, operation, world, identity)
  entry.bytesIn = call.body.length
  if (operation !== 'CreateBucket') checkBucket(call, world)
  const judged = judgedCall(call, operation, entry, judge.restricting(identity.accessKeyId))
  const failure = failureOf(fault)
  if (failure) throw failure
  if (fault === 'errorIn200') return { ...errorAnswer(new S3Failure('InternalError'), target, entry.no), status: 200 }
  if (typeof fault === 'object' && 'otherWriter' in fault) writeFirst(call, fault.otherWriter)
  return judged(handlers[operation])
}

/** What a request needs is kept with it, and refused where those who sent it are restricted. */
function judgedCall(call: Call, operation: S3Operation, entry: LogEntry, restricting: IamJudge | undefined) {
  const allows = (needed: readonly IamRequest[]) => {
    entry.permissions = [...entry.permissions, ...needed]
    return needed.filter(each => restricting && !restricting.allows(each))
  }
  const refused = allows(permissionsOf(call, operation))
  // Each key is one request of its own, as far as permissions go.
  if (operation !== 'DeleteObjects' && refused.length > 0) throw new S3Failure('AccessDenied')
  const keys = new Set(refused.map(({ resource }) => resource))
  const given: Call =
    keys.size === 0
      ? call
      : { ...call, refuse: key => call.refuse?.(key) ?? (keys.has(arnOf(call.bucket, key)) ? 'AccessDenied' : undefined) }
  return (handle: Handler): Answer => {
    try {
      return handle(given)
    } catch (error) {
      if (!(error instanceof S3Failure && error.code === 'NoSuchKey') || allows([permissionToMiss(call)]).length === 0)
        throw error
      throw new S3Failure('AccessDenied')
    }
  }
}

function callOf({ request, target, raw, fault }: Arrived, operation: S3Operation, world: World, identity: Identity): Call {
  const headers = effectiveHeaders(request)
  // RADOS Gateway 16 wants a length it understands, and so refuses what has trailers (measured).
  if (world.like === 'radosgw' && identity.payload.endsWith('-TRAILER')) throw new S3Failure('MissingContentLength')
  const checksumIsOf = operation === 'CompleteMultipartUpload' ? 'object' : 'body'
  const payload = verifiedPayload(raw, headers, identity, checksumIsOf)
  const refused = typeof fault === 'object' && 'refuseKeys' in fault ? fault : undefined
  return {
    world,
    method: request.method,
    ...target,
    query: new Map(request.query),
    headers,
    ...payload,
    region: identity.region,
    ...(refused && { refuse: key => (refused.refuseKeys.includes(key) ? (refused.code ?? 'AccessDenied') : undefined) }),
  }
}

/** The server stands for the endpoints of all regions: the signature says whose was meant, and only the bucket's own will do. */
function checkBucket({ bucket: name, region, headers }: Call, world: World): void {
  const owner = headers['x-amz-expected-bucket-owner'] ?? headers['x-amz-source-expected-bucket-owner']
  if (owner !== undefined && owner !== ownerId) throw new S3Failure('AccessDenied')
  const bucket = world.buckets.get(name)
  if (!bucket || bucket.region === region) return
  throw new S3Failure('PermanentRedirect', undefined, {
    details: { Endpoint: `s3.${bucket.region}.amazonaws.com`, Bucket: name },
    headers: { 'x-amz-bucket-region': bucket.region },
  })
}

function writeFirst(call: Call, bytes: Uint8Array | string | null): void {
  // What the request says of its own body is not said of theirs.
  const { checksum: _, world, ...theirs } = call
  const bucket = world.buckets.get(call.bucket)
  if (bytes === null) {
    if (bucket) remove(world, bucket, { key: call.key })
  } else putObject({ ...theirs, world, headers: {}, body: Buffer.from(bytes) })
}

/** A refusal as S3 words it. */
export function errorAnswer(failure: S3Failure, { bucket, key }: Target, no: number): Answer {
  return {
    status: failure.status,
    headers: { 'content-type': 'application/xml', ...failure.headers },
    body: xmlDocument('Error', {
      Code: failure.code,
      Message: failure.message,
      ...failure.details,
      Resource: `/${[bucket, key].filter(part => part !== '').join('/')}`,
      RequestId: requestId(no),
      HostId: 'test',
    }),
  }
}

/** Tells which entry of the log a client's error belongs to. */
export const requestId = (no: number) => no.toString(16).toUpperCase().padStart(16, '0')

/** All bytes of a request's body. */
export async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
