import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { type S3Server, type S3ServerOptions, s3Server } from '@millrace/etl-testkit/s3'
import { onTestFinished } from 'vitest'

/** A server with the bucket `lake`, and a client that does not retry; both are gone when the test is. */
export async function start(options: S3ServerOptions = {}, config: S3ClientConfig = {}) {
  const server = await s3Server({ buckets: ['lake'], ...options })
  const client = clientOf(server, config)
  onTestFinished(() => server.close())
  return { server, client }
}

export function clientOf(server: S3Server, config: S3ClientConfig = {}): S3Client {
  const client = new S3Client({ ...server.clientConfig(), maxAttempts: 1, ...config })
  onTestFinished(() => client.destroy())
  return client
}

/** What a call fails with: name, status, message. */
export async function failure(call: Promise<unknown>): Promise<{ name: string; status: number | undefined; message: string }> {
  try {
    await call
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } }
    return { name, message, status: $metadata?.httpStatusCode }
  }
  throw new Error('the call was expected to fail, and did not')
}

export const Bucket = 'lake'
