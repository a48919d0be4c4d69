import type { ObjectEvent, Pipeline } from '@millrace/etl-core'
import { askedWith, type Understood } from './asked.js'
import { isObject, noTrigger, notUnderstood, textOf } from './unknown.js'

/**
 * A record of an S3 notification. Its key is encoded as in a form: `+` is a blank.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html (read 2026-11)
 */
export function ofNotification(pipeline: Pipeline, record: Readonly<Record<string, unknown>>): Understood {
  const { s3, eventName, eventTime } = record
  const bucket = isObject(s3) && isObject(s3.bucket) ? textOf(s3.bucket.name) : undefined
  const object = isObject(s3) && isObject(s3.object) ? s3.object : {}
  const encoded = textOf(object.key)
  const change = changeOf(textOf(eventName)?.replace(/^s3:/, ''), ['ObjectCreated:'], ['ObjectRemoved:', 'LifecycleExpiration:'])
  const key = encoded && decoded(encoded)
  if (!bucket || !key || !change) throw notUnderstood(pipeline.name, `an S3 notification "${String(eventName)}"`, record)
  return ofObject(pipeline, {
    bucket,
    key,
    change,
    ...known(object.versionId, object.eTag, object.size),
    time: String(eventTime),
  })
}

/**
 * An event of S3 on an event bus. Its key is as it is.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html (read 2026-11)
 */
export function ofBusEvent(pipeline: Pipeline, event: Readonly<Record<string, unknown>>): Understood {
  const { detail } = event
  const type = textOf(event['detail-type'])
  const bucket = isObject(detail) && isObject(detail.bucket) ? textOf(detail.bucket.name) : undefined
  const object = isObject(detail) && isObject(detail.object) ? detail.object : {}
  const key = textOf(object.key)
  const change = changeOf(type, ['Object Created'], ['Object Deleted'])
  if (!bucket || !key || !change) throw notUnderstood(pipeline.name, `an S3 event "${type}"`, event)
  const more = known(object['version-id'], object.etag, object.size)
  return ofObject(pipeline, { bucket, key, change, ...more, time: String(event.time) })
}

/** S3 sends one when notifications are set up, which is not about any object. */
export const isTestEvent = (event: Readonly<Record<string, unknown>>): boolean => event.Event === 's3:TestEvent'

function ofObject(pipeline: Pipeline, object: ObjectEvent): Understood {
  const { bucket, key, versionId, eTag, change, time } = object
  const { object: trigger } = pipeline.triggers
  if (!trigger) throw noTrigger(pipeline.name, 'an object in a bucket', 'object', object)
  const from = `s3://${bucket}/${key}`
  // An object that was removed has neither, and may be created and removed again.
  const version = versionId ?? eTag ?? time
  return askedWith(trigger(object), { from, loadId: `${change === 'created' ? '' : 'removed '}${from}@${version}` })
}

function changeOf(
  type: string | undefined,
  created: readonly string[],
  removed: readonly string[],
): ObjectEvent['change'] | undefined {
  const begins = (beginnings: readonly string[]) => type !== undefined && beginnings.some(each => type.startsWith(each))
  if (begins(created)) return 'created'
  return begins(removed) ? 'removed' : undefined
}

function known(versionId: unknown, eTag: unknown, size: unknown): Pick<ObjectEvent, 'versionId' | 'eTag' | 'sizeBytes'> {
  // A bucket without versions has the version "null".
  const version = textOf(versionId) === 'null' ? undefined : textOf(versionId)
  const tag = textOf(eTag)?.replaceAll('"', '')
  return {
    ...(version === undefined ? {} : { versionId: version }),
    ...(tag === undefined ? {} : { eTag: tag }),
    ...(typeof size === 'number' ? { sizeBytes: size } : {}),
  }
}

function decoded(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
