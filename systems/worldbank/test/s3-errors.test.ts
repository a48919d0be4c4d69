import { type S3Server, s3Server } from '@millrace/etl-testkit/s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onlyThis } from './lake.js'
import { millrace, served } from './world.js'

const api = served()
let server: S3Server
beforeAll(async () => {
  server = await s3Server({ buckets: ['lake', 'closed', 'readonly'] })
  server.failWhen({ bucket: 'closed', times: Number.POSITIVE_INFINITY }, 'denied')
  server.failWhen({ bucket: 'readonly', operation: 'PutObject', times: Number.POSITIVE_INFINITY }, 'denied')
})
afterAll(() => server?.close())

const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined }

describe('a bucket that cannot be written to', () => {
  it.each([
    ['a bucket these credentials may not use', 'closed', {}, 1, ['AccessDenied', 'see the policies', 'ETL_STATE_DENIED']],
    ['a bucket they may only read', 'readonly', {}, 1, ['AccessDenied', 'see the policies', 'ETL_STATE_DENIED']],
    ['a bucket that is not there', 'no-such-bucket', {}, 1, ['NoSuchBucket', 'Create the bucket, or correct its name']],
    ['a wrong secret', 'lake', { AWS_SECRET_ACCESS_KEY: 'geheim' }, 1, ['SignatureDoesNotMatch', 'AWS_SECRET_ACCESS_KEY']],
    ['an access key nobody has', 'lake', { AWS_ACCESS_KEY_ID: 'AKIANOBODY' }, 1, ['InvalidAccessKeyId', 'AWS_ACCESS_KEY_ID']],
    ['no credentials', 'lake', none, 2, ['Give credentials through AWS_ACCESS_KEY_ID', 'ETL_CONFIG_CREDENTIALS']],
  ] as const)('%s: one line that names the bucket and what to do', async (_, bucket, variables, exit, says) => {
    const env = { ...onlyThis(server.env()), ...variables }
    const to = `s3://${bucket}/out`

    const { code, stdout, stderr } = await millrace(
      ['run', 'worldbank', '--indicators', 'SP.POP.TOTL', '--api-url', api.url, '--to', to],
      env,
    ).ended

    expect(code, stderr).toBe(exit)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    for (const text of [to, ...says]) expect(stderr).toContain(text)
    for (const secret of [server.credentials.secretAccessKey, 'geheim']) expect(stdout + stderr).not.toContain(secret)
    expect([...server.objects('lake').keys()]).toEqual([])
  })
})
