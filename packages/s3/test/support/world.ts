import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { quietly } from '@millrace/aws'
import { type EtlError, isEtlError } from '@millrace/etl-core'
import { type S3Server, type S3ServerOptions, s3Server } from '@millrace/etl-testkit/s3'
import { type S3Options, type S3Store, s3Store } from '../../src/index.js'

export const bucket = 'lake'

/** A server of its own, and stores over one bucket of it. */
export interface S3World extends AsyncDisposable {
  readonly server: S3Server
  readonly store: S3Store
  open(options?: Partial<S3Options>): S3Store
  readonly close: () => Promise<void>
}

/** Two attempts: what is retried shows, and what fails fails soon. */
export async function s3World(options: Partial<S3Options> = {}, serverOptions: S3ServerOptions = {}): Promise<S3World> {
  const server = await s3Server({ buckets: [bucket], ...serverOptions })
  const { endpoint, region, credentials } = server.clientConfig()
  const open = (more: Partial<S3Options> = {}) =>
    s3Store({ bucket, endpoint, region, credentials, maxAttempts: 2, ...options, ...more })
  const close = () => closeServer(server)
  return { server, store: open(), open, close, [Symbol.asyncDispose]: close }
}

/** The same server taken for AWS: its host name, the bucket before it, and checksums as the SDK has them by default. */
export async function awsWorld(
  options: Partial<S3Options> = {},
  serverOptions: S3ServerOptions = {},
  config: S3ClientConfig = {},
): Promise<S3World> {
  const server = await s3Server({ buckets: [bucket], ...serverOptions })
  const client = quietly(() => new S3Client({ ...server.awsClientConfig(), maxAttempts: 2, ...config }))
  const open = (more: Partial<S3Options> = {}) => s3Store({ bucket, client, ...options, ...more })
  const close = async () => {
    client.destroy()
    await closeServer(server)
  }
  return { server, store: open(), open, close, [Symbol.asyncDispose]: close }
}

/** A test must not pass because the server did not know what it was asked. */
async function closeServer(server: S3Server): Promise<void> {
  await server.close()
  if (server.unsupported.length > 0) throw new Error(`not implemented by the server: ${server.unsupported.join(', ')}`)
}

export async function textOf(store: S3Store, key: string, options?: Parameters<S3Store['get']>[1]): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of (await store.get(key, options)).body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

export async function keysOf(store: S3Store, prefix = ''): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys
}

/** A body of `count` chunks of a MiB, each filled with its number. */
export async function* mebibytes(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield new Uint8Array(1 << 20).fill(index)
}

/** What a promise fails with: one of our errors. */
export async function failureOf(promise: Promise<unknown>): Promise<EtlError> {
  try {
    await promise
  } catch (error) {
    if (isEtlError(error)) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** The operations a server was asked for, in order. */
export const operationsOf = ({ server }: S3World): string[] => server.requests.map(({ operation }) => operation)
