import { checksumElement } from '../body/checksums.js'
import { type Call, countIn, type Handler, isoTime, keyWriter, quoted, xmlAnswer } from '../call.js'
import { bucketNamed, ownerId, type Upload } from '../world.js'
import { uploadNamed } from './multipart.js'

export const listParts: Handler = call => {
  const upload = uploadNamed(call)
  const most = countIn(call.query, 'max-parts', call.world.pageEntries)
  const marker = call.query.get('part-number-marker') ? countIn(call.query, 'part-number-marker', 10_000) : 0
  const all = [...upload.parts].filter(([number]) => number > marker).sort(([a], [b]) => a - b)
  const shown = all.slice(0, most)
  return xmlAnswer('ListPartsResult', {
    Bucket: call.bucket,
    Key: keyWriter(call.query)(call.key),
    UploadId: upload.id,
    Initiator: { ID: ownerId },
    Owner: { ID: ownerId },
    StorageClass: upload.storageClass,
    ...(upload.algorithm ? { ChecksumAlgorithm: upload.algorithm.toUpperCase(), ChecksumType: upload.checksumType } : {}),
    PartNumberMarker: marker,
    NextPartNumberMarker: shown.at(-1)?.[0] ?? 0,
    MaxParts: most,
    IsTruncated: shown.length < all.length,
    Part: shown.map(([PartNumber, part]) => ({
      PartNumber,
      LastModified: isoTime(part.modifiedAtMs),
      ETag: quoted(part.etag),
      Size: part.body.length,
      ...(upload.algorithm ? { [checksumElement(upload.algorithm)]: part.checksum } : {}),
    })),
  })
}

/** By key, then by the time they were begun. */
export const listMultipartUploads: Handler = call => {
  const { query } = call
  const prefix = query.get('prefix') ?? ''
  const most = countIn(query, 'max-uploads', call.world.pageEntries)
  const write = keyWriter(query)
  const all = [...bucketNamed(call.world, call.bucket).uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || a.startedAtMs - b.startedAtMs)
  const rest = all.slice(startAt(all, query))
  const shown = rest.slice(0, most)
  const truncated = shown.length < rest.length
  return xmlAnswer('ListMultipartUploadsResult', {
    Bucket: call.bucket,
    KeyMarker: write(query.get('key-marker') ?? ''),
    UploadIdMarker: query.get('upload-id-marker') ?? '',
    NextKeyMarker: truncated ? write(shown.at(-1)?.key ?? '') : undefined,
    NextUploadIdMarker: truncated ? shown.at(-1)?.id : undefined,
    Prefix: write(prefix),
    MaxUploads: most,
    IsTruncated: truncated,
    EncodingType: query.get('encoding-type'),
    Upload: shown.map(upload => ({
      Key: write(upload.key),
      UploadId: upload.id,
      Initiator: { ID: ownerId },
      Owner: { ID: ownerId },
      StorageClass: upload.storageClass,
      Initiated: isoTime(upload.startedAtMs),
    })),
  })
}

function startAt(all: readonly Upload[], query: Call['query']): number {
  const key = query.get('key-marker') ?? ''
  const id = query.get('upload-id-marker') ?? ''
  if (key === '') return 0
  const at = all.findIndex(upload => upload.key === key && upload.id === id)
  if (at >= 0) return at + 1
  const next = all.findIndex(upload => Buffer.compare(Buffer.from(upload.key), Buffer.from(key)) > 0)
  return next < 0 ? all.length : next
}
