import { S3Client } from '@aws-sdk/client-s3'
import {
  type Access,
  definePipeline,
  from,
  type ObjectSinkOptions,
  type Pipeline,
  type Runnable,
  type RunOptions,
  type Source,
} from '@millrace/etl-core'
import { arraySource } from '@millrace/etl-testkit'
import { type IamJudge, type IamStatement, iamJudge, policyFrom } from '@millrace/etl-testkit/iam'
import { type S3Server, type S3ServerOptions, s3Server } from '@millrace/etl-testkit/s3'
import { csv } from '@millrace/formats'
import { onTestFinished } from 'vitest'
import { type S3PlaceOptions, s3With } from '../../src/index.js'

export interface Row {
  readonly id: number
  readonly name: string
}

export const rowsOf = (count: number, name = 'row'): Row[] =>
  Array.from({ length: count }, (_, id) => ({ id, name: `${name} ${id}` }))

/** A server with the bucket `lake`, gone with the test. What it did not know would make a test pass for nothing. */
export async function lake(options: S3ServerOptions = {}): Promise<S3Server> {
  const server = await s3Server({ buckets: ['lake'], ...options })
  onTestFinished(async () => {
    await server.close()
    const denied = permitted.get(server)?.judge.denied ?? []
    if (denied.length > 0) throw new Error(`a pipeline does not say that it needs: ${denied.join('; ')}`)
    if (server.unsupported.length > 0) throw new Error(`not implemented by the server: ${server.unsupported.join(', ')}`)
  })
  return server
}

/** What the pipelines of a test say that they need is all that they may do. */
const permitted = new WeakMap<S3Server, { readonly statements: readonly IamStatement[]; readonly judge: IamJudge }>()

export function permit(server: S3Server, needed: readonly Access[]): void {
  const statements = [...(permitted.get(server)?.statements ?? []), ...policyFrom(needed).Statement]
  const judge = iamJudge({ Statement: statements })
  permitted.set(server, { statements, judge })
  server.restrict(judge)
}

/** The same, which says what it needs as it begins. */
const saying = (server: S3Server, runnable: Runnable): Runnable => ({
  ...runnable,
  prepare(name) {
    runnable.prepare(name)
    permit(server, runnable.access(name))
  },
})

/** A client that takes the server for AWS. */
export function awsClient(server: S3Server, maxAttempts = 2): S3Client {
  const client = new S3Client({ ...server.awsClientConfig(), maxAttempts })
  onTestFinished(() => client.destroy())
  return client
}

/** What a pipeline of the tests is told besides its records. */
export interface Told {
  readonly name?: string
  readonly to?: string
  readonly place?: S3PlaceOptions
  readonly source?: Source<Row>
  readonly objects?: Partial<ObjectSinkOptions<Row>>
}

/** Rows from an array into `s3://lake/out/a.csv`, as a user writes it. */
export function pipelineInto(server: S3Server, records: readonly Row[], told: Told = {}): Pipeline {
  const { endpoint, credentials } = server.clientConfig()
  const place: S3PlaceOptions = told.place?.client ? told.place : { endpoint, credentials, maxAttempts: 2, ...told.place }
  return definePipeline({
    name: told.name ?? 'rows',
    connectors: [s3With(place)],
    build: ({ connect }) =>
      saying(
        server,
        from(told.source ?? arraySource<Row>({ splits: { a: records } })).into(
          connect.objects(told.to ?? 's3://lake/out', { path: '{group}.csv', format: csv<Row>(), ...told.objects }),
        ),
      ),
  }) as unknown as Pipeline
}

/** Batches are flushed one by one, and nobody waits long. */
export const promptly: RunOptions = {
  flushEvery: { batches: 1, intervalMs: 3_600_000 },
  retry: { attempts: 2, firstMs: 1, maxMs: 2 },
}

/** As another process, which finds that the one before is gone. */
export const inProcess = (turn: number): RunOptions => ({
  ...promptly,
  owner: { host: 'test', space: 'test', pid: 1, processStart: turn },
})

export const textAt = (server: S3Server, key: string): string => Buffer.from(server.get('lake', key)?.bytes ?? []).toString()

/** The ids in a CSV object. */
export const idsAt = (server: S3Server, key: string): string[] =>
  textAt(server, key)
    .split('\n')
    .slice(1, -1)
    .map(line => line.slice(0, line.indexOf(',')))
