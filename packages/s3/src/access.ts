import type { Access, Json } from '@millrace/etl-core'
import type { KeyPattern, ObjectDeed, ObjectUse } from '@millrace/objects'
import type { S3Options } from './options.js'

/** A use of objects in a bucket, where older versions can be read, too. */
export interface S3Use extends Omit<ObjectUse, 'does'> {
  readonly does: readonly (ObjectDeed | 'readVersion')[]
}

/** Where a use of objects happens, as far as permissions go. */
export type AccessPlace = Pick<S3Options, 'bucket' | 'prefix' | 'serverSideEncryption' | 'kmsKeyId' | 'tags'>

/**
 * Which IAM action each deed takes, on the objects themselves. Uploads are begun, filled, copied into and completed by `s3:PutObject`, and
 * HEAD is `s3:GetObject`.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html and
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
 */
const onObjects: Readonly<Record<S3Use['does'][number], readonly string[]>> = {
  read: ['s3:GetObject'],
  // Whoever asks for a version needs no permission for the newest one.
  readVersion: ['s3:GetObjectVersion'],
  list: [],
  write: ['s3:PutObject'],
  upload: ['s3:AbortMultipartUpload', 's3:PutObject'],
  end: ['s3:AbortMultipartUpload'],
  delete: ['s3:DeleteObject'],
}

/**
 * The IAM permissions for using objects of a bucket so.
 *
 * Whoever reads may also list what it reads, by `s3:prefix`: of a key that is not there S3 then says so, and otherwise 403. It judges that as if the
 * key were listed (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html; that the key counts as the prefix is what
 * servers have that imitate it, and what https://github.com/kopia/kopia/pull/3072 found in a bucket, read 2026-12). Unfinished uploads cannot be listed by prefix: `s3:ListBucketMultipartUploads` knows no such condition
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
 */
export function s3Access(place: AccessPlace, uses: readonly S3Use[]): readonly Access[] {
  return uses.flatMap(use => [...objectsOf(place, use), ...bucketOf(place, use), ...keyOf(place, use)])
}

const aws = (what: string, why: string, actions: readonly string[], resources: readonly string[], condition?: Json): Access => ({
  system: 'aws',
  what,
  actions,
  resources,
  ...(condition === undefined ? {} : { condition }),
  why,
})

function objectsOf(place: AccessPlace, { does, keys, what, why }: S3Use): readonly Access[] {
  const tagging = place.tags && does.includes('write') ? ['s3:PutObjectTagging'] : []
  const actions = [...new Set([...does.flatMap(deed => onObjects[deed]), ...tagging])].sort()
  if (actions.length === 0) return []
  return [
    aws(
      what,
      why,
      actions,
      keys.map(key => `arn:aws:s3:::${place.bucket}/${keyText(place, key)}`),
    ),
  ]
}

function bucketOf(place: AccessPlace, { does, keys }: S3Use): readonly Access[] {
  const bucket = [`arn:aws:s3:::${place.bucket}`]
  const below: Json = { StringLike: { 's3:prefix': keys.map(key => keyText(place, does.includes('list') ? whole(key) : key)) } }
  const why = 'lists what is there, and is told of a key that is not there instead of being refused'
  return [
    ...(isRead(does) || does.includes('list') ? [aws('keys', why, ['s3:ListBucket'], bucket, below)] : []),
    ...(does.includes('end')
      ? [
          aws(
            'unfinished uploads',
            'finds what processes that died had begun to upload; there is no narrower permission for it',
            ['s3:ListBucketMultipartUploads'],
            bucket,
          ),
        ]
      : []),
  ]
}

const isRead = (does: S3Use['does']): boolean => does.includes('read') || does.includes('readVersion')

/** What is listed is all that begins so. */
const whole = (key: KeyPattern): KeyPattern => [...key.slice(0, -1), '']

/** A key's pattern in the words of a policy, where `*`, `?` and `$` have a meaning. */
function keyText({ prefix = '' }: AccessPlace, pieces: KeyPattern): string {
  const below = prefix.replace(/\/$/, '')
  return escaped(below === '' ? '' : `${below}/`) + pieces.map(escaped).join('*')
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars */
const escaped = (text: string): string => text.replace(/[*?$]/g, char => `\${${char}}`)

/**
 * The key that objects are encrypted with, used by S3 alone. Reading an upload's own parts to copy and complete them takes `kms:Decrypt`.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html. The account's own key for S3, which is used when no other is
 * named, lets everyone of the account use it so.
 */
function keyOf({ kmsKeyId }: AccessPlace, { does }: S3Use): readonly Access[] {
  if (kmsKeyId === undefined) return []
  const actions = [
    ...(isRead(does) || does.includes('upload') ? ['kms:Decrypt'] : []),
    ...(does.includes('write') || does.includes('upload') ? ['kms:GenerateDataKey'] : []),
  ]
  if (actions.length === 0) return []
  const { resource, condition } = keyResource(kmsKeyId)
  const throughS3 = { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com*' } }
  return [aws('encryption key', 'has S3 encrypt and decrypt with this key', actions, [resource], { ...throughS3, ...condition })]
}

/**
 * A policy names keys by their ARN, never by an alias: what has one is told by a condition.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
 */
function keyResource(key: string): { readonly resource: string; readonly condition?: { readonly [operator: string]: Json } } {
  const alias = /^(arn:[^:]+:kms:[^:]*:[^:]*:)?(alias\/.+)$/.exec(key)
  if (!alias) return { resource: key.startsWith('arn:') ? key : `arn:aws:kms:*:*:key/${key}` }
  return {
    resource: `${alias[1] ?? 'arn:aws:kms:*:*:'}key/*`,
    condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': alias[2] as string } },
  }
}
