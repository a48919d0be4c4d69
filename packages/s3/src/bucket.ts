import { setMaxListeners } from 'node:events'
import type { S3Client } from '@aws-sdk/client-s3'
import { countedClient } from '@millrace/aws'
import { ConfigError, orAborted } from '@millrace/etl-core'
import { checkKey, type ObjectInfo } from '@millrace/objects'
import { type Api, sharedApi } from './client.js'
import { answerOf, type S3Action, s3Error } from './errors.js'
import { keyBytesAtMost, plainEtag, plainText } from './keys.js'
import type { Settings } from './options.js'
import { writeIdKey } from './write-id.js'

/** What is known of one object, with what S3 keeps beside the contract's part. */
export interface Found extends ObjectInfo {
  readonly metadata: Readonly<Record<string, string>>
  readonly versionId: string | undefined
}

/** What every request takes. */
export interface SendOptions {
  readonly abortSignal?: AbortSignal
}

/** Requests to one bucket: keys in and out, errors translated, etags written as the server wants them. */
export interface Bucket {
  readonly settings: Settings
  api(): Promise<Api>
  /** The key in the bucket. Throws ConfigError `ETL_OBJECT_KEY` for what is none. */
  keyOf(key: string): string
  /** What addresses an object in every request. */
  address(key: string): { readonly Bucket: string; readonly Key: string; readonly ExpectedBucketOwner?: string }
  /** Makes one request. Errors come out as ours, an abort as its reason. */
  ask<R>(
    action: Omit<S3Action, 'place'>,
    signal: AbortSignal | undefined,
    request: (api: Api, options: SendOptions) => Promise<R>,
  ): Promise<R>
  /** An etag for If-Match. */
  quoted(etag: string): string
  /**
   * Takes note that a server compares etags with their quotes, so that they are left out from now on; false if they are already, or if the
   * server is AWS. Ceph before Quincy does (If-Match of a PutObject, measured with 16.2).
   */
  leaveQuotesOut(): boolean
  /** The store's clock, as far as answers have told: epoch milliseconds, whole seconds as S3 counts them. */
  now(): number
  head(
    key: string,
    options: { readonly signal?: AbortSignal | undefined; readonly versionId?: string | undefined; side?: 'read' | 'write' },
  ): Promise<Found | undefined>
}

/** Nothing is loaded or asked before the first request. */
export function bucketOf(settings: Settings): Bucket {
  const { bucket, place, keyPrefix, expectedBucketOwner } = settings
  const owner = expectedBucketOwner === undefined ? {} : { ExpectedBucketOwner: expectedBucketOwner }
  let opening: Promise<Api> | undefined
  let client: S3Client | undefined
  let custom = false
  let quotes = true

  const self: Bucket = {
    settings,
    api() {
      opening ??= sharedApi(settings).then(
        api => {
          client = api.client
          custom = api.custom
          return { ...api, client: countedClient(client, 's3') }
        },
        error => {
          opening = undefined
          throw error
        },
      )
      return opening
    },
    keyOf(key) {
      checkKey(key)
      const whole = `${keyPrefix}${key}`
      if (whole.length * 3 > keyBytesAtMost && Buffer.byteLength(whole) > keyBytesAtMost) throw keyTooLong(place, key, whole)
      return whole
    },
    address: key => ({ Bucket: bucket, Key: self.keyOf(key), ...owner }),
    async ask(action, signal, request) {
      signal?.throwIfAborted()
      // Every request on its way listens: more than ten are no leak.
      if (signal) setMaxListeners(0, signal)
      try {
        const api = await self.api()
        signal?.throwIfAborted()
        // The SDK minds the signal while it waits for S3, but not while it gets credentials.
        return await orAborted(request(api, signal ? { abortSignal: signal } : {}), signal)
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        throw s3Error(error, { place, ...action })
      }
    },
    quoted: etag => (quotes ? `"${etag}"` : etag),
    leaveQuotesOut() {
      if (!custom || !quotes) return false
      quotes = false
      return true
    },
    now: () => wholeSeconds(Date.now() + (client?.config?.systemClockOffset ?? 0)),

    async head(key, { signal, versionId, side = 'read' }) {
      const version = versionId === undefined ? {} : { VersionId: versionId }
      const input = { ...self.address(key), ...version }
      try {
        const answer = await self.ask({ side, key }, signal, ({ sdk, client }, send) =>
          client.send(new sdk.HeadObjectCommand(input), send),
        )
        return foundOf(key, answer.ContentLength ?? 0, answer)
      } catch (error) {
        // 405: this version is a delete marker.
        if ([404, 405].includes(answerOf(error)?.status ?? 0)) return undefined
        if (!isMute(error)) throw error
        return askAloud(key, input, side, signal)
      }
    },
  }

  /** The answer to HEAD has no body, so no error code: the same is asked of GET, for its first byte, to learn what is wrong. */
  const askAloud = async (
    key: string,
    input: ReturnType<Bucket['address']>,
    side: 'read' | 'write',
    signal: AbortSignal | undefined,
  ) => {
    try {
      const answer = await self.ask({ side, key }, signal, ({ sdk, client }, send) =>
        client.send(new sdk.GetObjectCommand({ ...input, Range: 'bytes=0-0' }), send),
      )
      ;(answer.Body as { destroy?(): void } | undefined)?.destroy?.()
      return foundOf(key, Number(/\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1] ?? answer.ContentLength ?? 0), answer)
    } catch (error) {
      if (answerOf(error)?.name === 'NoSuchKey') return undefined
      throw error
    }
  }
  return self
}

/** A refusal whose reason could not be said. */
function isMute(error: unknown): boolean {
  const status = answerOf(error)?.status
  return status === 400 || status === 403 || status === 301 || status === 307
}

interface Described {
  readonly ETag?: string | undefined
  readonly LastModified?: Date | undefined
  readonly Metadata?: Record<string, string> | undefined
  readonly VersionId?: string | undefined
}

/** What the headers of HEAD and GET tell of an object. */
export function foundOf(key: string, bytes: number, { ETag, LastModified, Metadata, VersionId }: Described): Found {
  return {
    key,
    bytes,
    etag: plainEtag(ETag ?? ''),
    modifiedAtMs: wholeSeconds(LastModified?.getTime() ?? 0),
    metadata: Metadata ?? {},
    versionId: VersionId,
  }
}

/** The contract's part of it, as writes and listings have it. */
export const infoOf = ({ key, bytes, etag, modifiedAtMs }: ObjectInfo): ObjectInfo => ({ key, bytes, etag, modifiedAtMs })

/** The contract's part of it, with the user's metadata: what HEAD and GET tell. */
export function seenOf(found: Found): ObjectInfo {
  const metadata = Object.entries(found.metadata).flatMap(([name, value]) =>
    name === writeIdKey ? [] : [[name.toLowerCase(), plainText(value)] as const],
  )
  return metadata.length === 0 ? infoOf(found) : { ...infoOf(found), metadata: Object.fromEntries(metadata) }
}

function keyTooLong(place: string, key: string, whole: string): ConfigError {
  return new ConfigError(
    'ETL_OBJECT_KEY',
    `"${key.slice(0, 200)}${key.length > 200 ? '…' : ''}" cannot be an object's key in ${place}: with what the place puts before it, it has ` +
      `${Buffer.byteLength(whole)} bytes in UTF-8, and S3 takes ${keyBytesAtMost}. Choose a shorter path or prefix.`,
    { context: { place, key } },
  )
}

/** Headers tell seconds, listings of some servers milliseconds: seconds, so that both tell the same. */
export const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000
