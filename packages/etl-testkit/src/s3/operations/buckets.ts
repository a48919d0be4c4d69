import { type Handler, isoTime, xmlAnswer } from '../call.js'
import { S3Failure } from '../errors.js'
import { type Bucket, bucketNamed, ownerId, type World } from '../world.js'
import { childText, readXml } from '../xml-read.js'

const namePattern = /^(?!\d+\.\d+\.\d+\.\d+$)(?!xn--)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const firstRegion = 'us-east-1'

/** Makes a bucket that is not there yet. */
export function newBucket(world: World, name: string, region: string): Bucket {
  if (!namePattern.test(name)) throw new S3Failure('InvalidBucketName', undefined, { details: { BucketName: name } })
  const bucket: Bucket = {
    name,
    region,
    createdAtMs: world.now(),
    versioning: 'off',
    keys: new Map(),
    uploads: new Map(),
    completed: new Map(),
    sorted: undefined,
  }
  world.buckets.set(name, bucket)
  return bucket
}

export const createBucket: Handler = ({ world, bucket: name, body, region }) => {
  const constraint = body.length === 0 ? undefined : childText(readXml(body, 'CreateBucketConfiguration'), 'LocationConstraint')
  // The endpoint of the first region makes buckets anywhere, any other only its own.
  if (region !== firstRegion && constraint !== region)
    throw new S3Failure(
      'IllegalLocationConstraintException',
      `The ${constraint ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    )
  const existing = world.buckets.get(name)
  // The first region alone lets an owner create a bucket again.
  if (existing && (existing.region !== firstRegion || region !== firstRegion))
    throw new S3Failure('BucketAlreadyOwnedByYou', undefined, { details: { BucketName: name } })
  if (!existing) newBucket(world, name, constraint ?? firstRegion)
  return { status: 200, headers: { location: `/${name}` } }
}

export const headBucket: Handler = ({ world, bucket }) => ({
  status: 200,
  headers: { 'x-amz-bucket-region': bucketNamed(world, bucket).region, 'content-type': 'application/xml' },
})

export const deleteBucket: Handler = ({ world, bucket }) => {
  if (bucketNamed(world, bucket).keys.size > 0)
    throw new S3Failure('BucketNotEmpty', undefined, { details: { BucketName: bucket } })
  world.buckets.delete(bucket)
  return { status: 204 }
}

export const listBuckets: Handler = ({ world }) => {
  const names = [...world.buckets.keys()].sort()
  const Bucket = names.map(Name => ({ Name, CreationDate: isoTime(world.buckets.get(Name)!.createdAtMs) }))
  return xmlAnswer('ListAllMyBucketsResult', { Owner: { ID: ownerId }, Buckets: { Bucket } })
}

/** The first region is said by saying nothing. */
export const getBucketLocation: Handler = ({ world, bucket }) => {
  const { region } = bucketNamed(world, bucket)
  const answer = xmlAnswer('LocationConstraint', {})
  const body = String(answer.body).replace(
    '></LocationConstraint>',
    `>${region === firstRegion ? '' : region}</LocationConstraint>`,
  )
  return { ...answer, body }
}
