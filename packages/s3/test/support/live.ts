import { randomUUID } from 'node:crypto'
import { openApi } from '../../src/client.js'
import type { S3PlaceOptions, S3Store } from '../../src/index.js'
import { s3Store } from '../../src/index.js'

/** A real server to test against: `MILLRACE_TEST_S3=http://127.0.0.1:9000/bucket`, credentials and region as the SDK finds them. */
export interface Live {
  readonly bucket: string
  readonly options: S3PlaceOptions
}

export function liveS3(): Live | undefined {
  const text = process.env.MILLRACE_TEST_S3
  if (!text) return undefined
  const url = new URL(text)
  const bucket = url.pathname.replace(/^\/|\/$/g, '')
  if (bucket === '') throw new Error('MILLRACE_TEST_S3 needs a bucket behind the address: http://127.0.0.1:9000/bucket')
  return { bucket, options: { endpoint: url.origin } }
}

/** Two stores over a prefix of their own, which is emptied afterwards. */
export function liveWorld({ bucket, options }: Live): {
  store: S3Store
  another: () => S3Store
  close: () => Promise<void>
  unfinished: () => Promise<string[]>
} {
  const prefix = `millrace-test/${randomUUID()}`
  const open = () => s3Store({ ...options, bucket, prefix })
  const store = open()
  return {
    store,
    another: open,
    async unfinished() {
      const { client } = await openApi(options)
      const { ListMultipartUploadsCommand } = await import('@aws-sdk/client-s3')
      const answer = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }))
      return (answer.Uploads ?? []).map(({ Key = '' }) => Key)
    },
    async close() {
      const keys: string[] = []
      for await (const { key } of store.list('')) keys.push(key)
      await store.delete(keys)
    },
  }
}
