import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '@millrace/etl-core'
import type { S3LoggedRequest } from '@millrace/etl-testkit/s3'
import { expect, test } from 'vitest'
import type { S3PlaceOptions, S3SinkOptions } from '../src/index.js'
import { lake, pipelineInto, promptly, type Row, rowsOf } from './support/lake.js'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

// The compiler says when one is missing here, or is no option any more.
type OwnOption = Exclude<keyof S3SinkOptions<Row>, Exclude<keyof S3PlaceOptions, 'partBytes'> | 'bucket' | 'prefix'>
const options: Record<OwnOption, true> = {
  format: true,
  path: true,
  latest: true,
  layout: true,
  partitionBy: true,
  schemaChanges: true,
  partBytes: true,
  objectBytes: true,
}

test.each(Object.keys(options))('the README says what the option %s is', name => {
  expect(readme).toMatch(new RegExp(`^\\| [^|]*\`${name}\`[^|]*\\|`, 'm'))
})

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html (read 2026-11) */
const actions: Partial<Record<S3LoggedRequest['operation'], string>> = {
  GetObject: 's3:GetObject',
  HeadObject: 's3:GetObject',
  PutObject: 's3:PutObject',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  UploadPartCopy: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  AbortMultipartUpload: 's3:AbortMultipartUpload',
  DeleteObject: 's3:DeleteObject',
  DeleteObjects: 's3:DeleteObject',
  ListObjectsV2: 's3:ListBucket',
  ListMultipartUploads: 's3:ListBucketMultipartUploads',
}

test('the README names the IAM actions that a sink needs, and no others', async () => {
  const server = await lake()
  const large: Row[] = [1, 2].map(id => ({ id, name: 'x'.repeat(6 << 20) }))
  const failing = server.failWhen({ operation: 'UploadPart' }, 'denied')
  await run(pipelineInto(server, large), {}, promptly)
  failing()
  await run(pipelineInto(server, large), {}, promptly)
  await run(pipelineInto(server, rowsOf(3), { name: 'log', objects: { path: 'log', layout: 'append' } }), {}, promptly)

  const used = new Set(server.requests.map(({ operation }) => actions[operation] ?? operation))

  const needs = readme.slice(readme.indexOf('## What it needs'), readme.indexOf('where tags'))
  const always = needs.slice(0, needs.indexOf(';'))
  expect([...used].sort()).toEqual([...(always.match(/s3:\w+/g) ?? [])].sort())
})

test('a user who may not list uploads has everything but their end', async () => {
  const server = await lake()
  server.failWhen({ operation: 'ListMultipartUploads', times: 99 }, 'denied')

  expect((await run(pipelineInto(server, rowsOf(3)), {}, promptly)).status).toBe('succeeded')
  expect([...server.objects('lake').keys()].filter(key => key.includes('/staging/'))).toEqual([])
})
