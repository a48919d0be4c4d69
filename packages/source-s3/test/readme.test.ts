import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { definePipeline, from, run } from '@millrace/etl-core'
import { memorySink } from '@millrace/etl-testkit'
import { s3Server } from '@millrace/etl-testkit/s3'
import { csv } from '@millrace/formats'
import type { S3ClientOptions } from '@millrace/s3'
import { expect, onTestFinished, test } from 'vitest'
import { type S3SourceOptions, s3Source } from '../src/index.js'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

// The compiler says when one is missing here, or is no option any more.
const options: Record<Exclude<keyof S3SourceOptions<object>, keyof S3ClientOptions>, true> = {
  bucket: true,
  format: true,
  prefix: true,
  suffix: true,
  keys: true,
  reread: true,
  identity: true,
  expectedBucketOwner: true,
}
const ofTheClient: Record<keyof S3ClientOptions, true> = {
  client: true,
  region: true,
  endpoint: true,
  forcePathStyle: true,
  credentials: true,
  maxAttempts: true,
}

test.each(Object.keys(options))('the README says what the option %s is', name => {
  expect(readme).toMatch(new RegExp(`^\\| [^|]*\`${name}\`[^|]*\\|`, 'm'))
})

test('the README names the options of the client', () => {
  for (const name of Object.keys(ofTheClient)) expect(readme).toContain(`\`${name}\``)
})

test('a source reads and lists, and changes nothing', async () => {
  const server = await s3Server({ buckets: ['incoming'] })
  onTestFinished(() => server.close())
  server.put('incoming', 'a.csv', 'id\n1\n')
  const { endpoint, credentials } = server.clientConfig()
  for (const more of [{}, { keys: ['a.csv'] }]) {
    const source = s3Source({ bucket: 'incoming', endpoint, credentials, format: csv<{ id: string }>(), ...more })
    await run(definePipeline({ name: 'orders', build: () => from(source).into(memorySink()) }))
  }

  expect(new Set(server.requests.map(({ operation }) => operation))).toEqual(
    new Set(['ListObjectsV2', 'GetObject', 'HeadObject']),
  )
})
