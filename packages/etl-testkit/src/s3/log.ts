import type { IamRequest } from '../iam/judge.js'
import type { Incoming } from './auth/incoming.js'
import type { S3Fault } from './faults.js'
import type { Target } from './router.js'
import type { S3Operation } from './routes.js'

/** One request the server got. */
export interface S3LoggedRequest {
  /** From 1, in the order they came. */
  readonly no: number
  readonly operation: S3Operation | 'Unsupported'
  readonly method: string
  /** Empty if the request names none. */
  readonly bucket: string
  readonly key: string
  /** Without signature, credential and token. */
  readonly query: Readonly<Record<string, string>>
  /** Lower-case names; without authorization and token. */
  readonly headers: Readonly<Record<string, string>>
  /** Signed in its address. */
  readonly presigned: boolean
  /** Of the payload, without the framing of chunks. 0 until it has arrived and its signature holds. */
  readonly bytesIn: number
  /** Of the answer's body, as far as it was sent. */
  readonly bytesOut: number
  /** Unknown until it is answered, and for ever if the connection was reset. */
  readonly status?: number
  /** Of an error. */
  readonly code?: string
  readonly fault?: S3Fault
  /** What it has to be allowed in AWS, also where nobody is restricted. None for what is refused before, such as a wrong signature. */
  readonly permissions: readonly IamRequest[]
}

/** An entry while its request is under way. */
export type LogEntry = { -readonly [K in keyof S3LoggedRequest]: S3LoggedRequest[K] }

const secret = /^(authorization|x-amz-security-token|x-amz-signature|x-amz-credential)$/i

/** The entry of a request that has just come. */
export function entryOf(no: number, request: Incoming, target: Target, operation: LogEntry['operation']): LogEntry {
  const open = (pairs: readonly (readonly [string, string | undefined])[]) =>
    Object.fromEntries(pairs.flatMap(([name, value]) => (secret.test(name) || value === undefined ? [] : [[name, value]])))
  return {
    no,
    operation,
    method: request.method,
    ...target,
    query: open(request.query),
    headers: open(Object.entries(request.headers)),
    presigned: request.query.some(([name]) => name === 'X-Amz-Signature'),
    bytesIn: 0,
    bytesOut: 0,
    permissions: [],
  }
}
