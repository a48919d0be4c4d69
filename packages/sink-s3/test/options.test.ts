import { run } from '@millrace/etl-core'
import type { S3Object, S3Server } from '@millrace/etl-testkit/s3'
import { describe, expect, test } from 'vitest'
import type { S3PlaceOptions } from '../src/index.js'
import { awsClient, lake, pipelineInto, promptly, type Row, rowsOf, textAt } from './support/lake.js'

const mebibyte = 1 << 20
/** Staged in parts that S3 copies, and put together by it: every way of writing occurs. */
const large: Row[] = [1, 2].map(id => ({ id, name: 'x'.repeat(6 * mebibyte) }))

/** Every object a load leaves: published ones, manifests, owners, state; and what the requests for those that are gone by now said. */
async function load(server: S3Server, place: S3PlaceOptions, records: readonly Row[] = large): Promise<readonly S3Object[]> {
  const objects = { latest: 'latest.csv', path: 'dated.csv' }
  const report = await run(pipelineInto(server, records, { place, objects }), {}, promptly)
  expect(report.status).toBe('succeeded')
  return [...server.objects('lake').keys()].map(key => server.get('lake', key) as S3Object)
}

const beginnings = (server: S3Server) =>
  server.requests.filter(({ operation }) => operation === 'PutObject' || operation === 'CreateMultipartUpload')

describe('what is said of writing reaches every object: small, in parts, assembled, staged, and of state', () => {
  test('encryption with the keys of S3', async () => {
    const server = await lake()
    const objects = await load(server, { serverSideEncryption: 'AES256' })

    expect(objects.map(({ encryption }) => encryption)).toEqual(objects.map(() => ({ 'x-amz-server-side-encryption': 'AES256' })))
    expect(beginnings(server).filter(({ headers }) => headers['x-amz-server-side-encryption'] !== 'AES256')).toEqual([])
  })

  test('encryption with a key of KMS, whose entity tags are no hashes of the bytes', async () => {
    const server = await lake()
    const said = {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'alias/lake',
    }
    const objects = await load(server, { serverSideEncryption: 'aws:kms', kmsKeyId: 'alias/lake' })
    await load(server, { serverSideEncryption: 'aws:kms', kmsKeyId: 'alias/lake' })

    expect(objects.map(({ encryption }) => encryption)).toEqual(objects.map(() => said))
    for (const { headers } of beginnings(server)) expect(headers).toMatchObject(said)
    expect(textAt(server, 'out/latest.csv').length).toBeGreaterThan(12 * mebibyte)
  })

  test('storage class, metadata and tags', async () => {
    const server = await lake()
    const tags = { team: 'data & more', cost: '1+1' }
    const objects = await load(server, { storageClass: 'STANDARD_IA', metadata: { Owner: 'someone – ñ' }, tags })

    for (const object of objects)
      expect(object).toMatchObject({ storageClass: 'STANDARD_IA', tags, metadata: { owner: 'someone %E2%80%93 %C3%B1' } })
    for (const { headers } of beginnings(server))
      expect(headers).toMatchObject({
        'x-amz-storage-class': 'STANDARD_IA',
        'x-amz-tagging': expect.stringContaining('team=data'),
      })
  })

  test('the account the bucket must belong to, with every request', async () => {
    const server = await lake()
    await load(server, { expectedBucketOwner: '000000000000' }, rowsOf(2))

    expect(server.requests.filter(({ headers }) => headers['x-amz-expected-bucket-owner'] !== '000000000000')).toEqual([])
    await expect(load(server, { expectedBucketOwner: '111111111111' }, rowsOf(2))).rejects.toMatchObject({
      code: 'ETL_STATE_DENIED',
    })
  })

  test('checksums, as a client for AWS has them: of every byte that is sent, and kept', async () => {
    const server = await lake()
    const objects = await load(server, { client: awsClient(server) })

    expect(objects.map(({ checksum }) => checksum?.algorithm)).toEqual(objects.map(() => 'crc32'))
    const sent = server.requests.filter(({ operation }) => operation === 'PutObject' || operation === 'UploadPart')
    expect(sent.filter(({ headers }) => headers['x-amz-checksum-crc32'] === undefined)).toEqual([])
    expect(server.get('lake', 'out/latest.csv')?.checksum?.type).toBe('COMPOSITE')
  })
})

describe('a published object', () => {
  test.each([
    ['in one request', rowsOf(2)],
    ['assembled', large],
  ])('says which load of which pipeline and group wrote it (%s)', async (_, records) => {
    const server = await lake()
    const report = await run(pipelineInto(server, records, { objects: { latest: 'latest.csv' } }), {}, promptly)

    for (const key of ['out/a.csv', 'out/latest.csv'])
      expect(server.get('lake', key)?.metadata).toMatchObject({ loadid: report.loadId, pipeline: 'rows', group: 'a' })
  })

  test('says so beside what was asked for, and its names are taken', async () => {
    const server = await lake()
    await run(pipelineInto(server, rowsOf(2), { place: { metadata: { team: 'data' } } }), {}, promptly)

    expect(server.get('lake', 'out/a.csv')?.metadata).toMatchObject({ team: 'data', pipeline: 'rows' })
    for (const name of ['loadId', 'Pipeline', 'group', 'millrace-write'])
      expect(() => pipelineInto(server, [], { place: { metadata: { [name]: 'mine' } } })).toThrow(/choose another name/)
  })

  test('that is appended says so too', async () => {
    const server = await lake()
    const objects = { layout: 'append', path: 'log' } as const
    const report = await run(pipelineInto(server, rowsOf(2), { objects }), {}, promptly)

    const [key = ''] = [...server.objects('lake').keys()].filter(each => each.startsWith('out/log/'))
    expect(server.get('lake', key)?.metadata).toMatchObject({ loadid: report.loadId, pipeline: 'rows', group: 'a' })
  })
})
