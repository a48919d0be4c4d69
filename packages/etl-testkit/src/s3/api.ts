import type { IamJudge } from '../iam/judge.js'
import type { S3Credentials } from './auth/authenticate.js'
import type { AwsClientConfig } from './aws-config.js'
import type { S3Fault, S3Match } from './faults.js'
import type { S3Object, S3PutOptions, S3UnfinishedUpload } from './inspect.js'
import type { S3LoggedRequest } from './log.js'

/** How the server is set up. */
export interface S3ServerOptions {
  /** Buckets to begin with. */
  readonly buckets?: readonly string[]
  /** Where those are, and what `env()` says. Default `us-east-1`. */
  readonly region?: string
  /** The first credentials it knows. Default: made up ones, without an end. */
  readonly credentials?: S3Credentials
  /** Default 0: a free one. */
  readonly port?: number
  /** Names whose subdomains are buckets (virtual-host style): with `['s3.test']` the host `lake.s3.test` is the bucket `lake`. */
  readonly hostnames?: readonly string[]
  /** What every part but the last must have. Default 5 MiB, as S3 has it; less makes tests of many parts cheap. */
  readonly minPartBytes?: number
  /** Entries on a page of a listing, at most. Default 1,000, as S3 has it; less makes tests of paging cheap. */
  readonly pageEntries?: number
  /** How far the server's clock is ahead of this machine's. Default 0. */
  readonly clockOffsetMs?: number
  /**
   * What an upload answers that is completed again with the same parts: the same once more (S3, for some time after), a 412 if the
   * request is conditional (other servers), or that there is no such upload (S3 later, others at once). Default `same`.
   */
  readonly repeatedComplete?: 'same' | 'preconditionFailed' | 'noSuchUpload'
  /**
   * Whose manners it has. `radosgw`: those measured of Ceph RADOS Gateway 16 that break clients: trailers are refused with 411, the right
   * entity tag in quotes fails If-Match, checksums are verified but not kept, a completed upload answers without an entity tag. Default `aws`.
   */
  readonly like?: 'aws' | 'radosgw'
}

/** A running server. */
export interface S3Server {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly region: string
  readonly credentials: S3Credentials
  /** All requests, refused ones too. */
  readonly requests: readonly S3LoggedRequest[]
  /** What was asked for and is not implemented. */
  readonly unsupported: readonly string[]
  /** Requests that are not answered yet. */
  readonly open: number
  /** How far the server's clock is ahead of this machine's; may be set. */
  clockOffsetMs: number

  /** For the environment of a child process. */
  env(): Record<string, string>
  /** For `new S3Client(…)`. */
  clientConfig(): { endpoint: string; region: string; forcePathStyle: boolean; credentials: S3Credentials }

  /** For `new S3Client(…)` that takes the server for AWS: the host name of the region, buckets before it. End it with `client.destroy()`. */
  awsClientConfig(): AwsClientConfig

  /** These see and change the world without a request: they are not logged, and no fault meets them. */
  createBucket(name: string, options?: { readonly region?: string; readonly versioning?: boolean }): void
  put(bucket: string, key: string, body: Uint8Array | string, options?: S3PutOptions): S3Object
  get(bucket: string, key: string): S3Object | undefined
  delete(bucket: string, key: string): void
  /** What a reader sees: bytes by key, in the order of a listing. */
  objects(bucket: string): ReadonlyMap<string, Uint8Array>
  unfinishedUploads(bucket: string): readonly S3UnfinishedUpload[]
  /** Oldest first, delete markers included. */
  versionIds(bucket: string, key: string): readonly string[]

  /** The next requests go wrong. Faults queue up. What is returned takes the fault back. */
  failNext(fault: S3Fault, times?: number): () => void
  /** The n-th request from the server's start (from 1) goes wrong. */
  failAt(no: number, fault: S3Fault): () => void
  /** Requests that match go wrong. */
  failWhen(match: S3Match, fault: S3Fault): () => void
  clearFaults(): void

  /**
   * From now on these credentials (default: the first) may do what the judge allows and no more: the rest is answered with AccessDenied, and so is a
   * look at what is not there by those who could not list it.
   */
  restrict(judge: IamJudge, accessKeyId?: string): void
  addCredentials(credentials: S3Credentials): void
  /** From a request on (default: the next) these credentials (default: the first) are answered with ExpiredToken. */
  expireCredentials(options?: { readonly accessKeyId?: string; readonly fromRequest?: number }): void

  close(): Promise<void>
}
