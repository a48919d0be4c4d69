import { type Call, type Handler, xmlAnswer } from '../call.js'
import { S3Failure } from '../errors.js'
import { bucketNamed, replaceVersion, type Version } from '../world.js'
import { childrenOf, childText, readXml } from '../xml-read.js'
import { versionAsked } from './versions.js'

type Tags = Version['tags']

/** Tags as `x-amz-tagging` gives them: `a=1&b=2`, URL-encoded. */
export function tagsOfHeader(text = ''): Tags {
  return checked([...new URLSearchParams(text)])
}

function checked(tags: Tags): Tags {
  if (tags.length > 10) throw new S3Failure('BadRequest', 'Object tags cannot be greater than 10')
  if (new Set(tags.map(([key]) => key)).size < tags.length)
    throw new S3Failure('InvalidTag', 'Cannot provide multiple Tags with the same key')
  for (const [key, value] of tags) {
    if (key === '' || key.length > 128) throw new S3Failure('InvalidTag', 'The TagKey you have provided is invalid')
    if (value.length > 256) throw new S3Failure('InvalidTag', 'The TagValue you have provided is invalid')
  }
  return tags
}

export const getObjectTagging: Handler = call => {
  const version = found(call)
  const Tag = version.tags.map(([Key, Value]) => ({ Key, Value }))
  return xmlAnswer('Tagging', { TagSet: { Tag } }, { 'x-amz-version-id': version.versionId })
}

export const putObjectTagging: Handler = call => {
  const set = childrenOf(readXml(call.body, 'Tagging'), 'TagSet')[0]
  if (!set) throw new S3Failure('MalformedXML')
  const tags = childrenOf(set, 'Tag').map(tag => [childText(tag, 'Key') ?? '', childText(tag, 'Value') ?? ''] as const)
  return retagged(call, checked(tags), 200)
}

export const deleteObjectTagging: Handler = call => retagged(call, [], 204)

function retagged(call: Call, tags: Tags, status: number) {
  const version = found(call)
  replaceVersion(bucketNamed(call.world, call.bucket), call.key, version.versionId, { ...version, tags })
  return { status, headers: { 'x-amz-version-id': version.versionId } }
}

function found(call: Call): Version {
  return versionAsked(bucketNamed(call.world, call.bucket), call.key, call.query.get('versionId'))
}
