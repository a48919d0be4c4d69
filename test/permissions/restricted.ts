import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import type { Pipeline, RunOptions } from '@millrace/etl-core'
import { type IamJudge, iamJudge } from '@millrace/etl-testkit/iam'
import { type S3Server, s3Server } from '@millrace/etl-testkit/s3'
import { s3With } from '@millrace/s3'
import type { S3PlaceOptions } from '@millrace/sink-s3'
import { onTestFinished } from 'vitest'
import { policyOf, statementsOf } from '../../adapters/cli/src/iam/policy.js'

/** A bucket where a pipeline may do what `millrace iam` prints for it, and nothing else. */
export interface Restricted {
  readonly server: S3Server
  /** How the pipeline reaches it. */
  readonly place: S3PlaceOptions
  readonly s3: ReturnType<typeof s3With>
  /** Somebody who may do everything. */
  readonly admin: S3Client
  /** From now on, with this policy. */
  restrictTo(pipeline: Pipeline): IamJudge
}

export async function restrictedBucket(options: S3PlaceOptions = {}): Promise<Restricted> {
  const server = await s3Server({ buckets: ['lake', 'inbox'] })
  const role = { accessKeyId: 'AKIAROLEOFPIPELINE01', secretAccessKey: randomUUID() }
  server.addCredentials(role)
  const admin = new S3Client(server.clientConfig())
  onTestFinished(async () => {
    admin.destroy()
    await server.close()
    if (server.unsupported.length > 0) throw new Error(`not implemented by the server: ${server.unsupported.join(', ')}`)
  })
  const place: S3PlaceOptions = { ...options, endpoint: server.url, region: server.region, credentials: role, maxAttempts: 1 }
  return {
    server,
    place,
    s3: s3With(place),
    admin,
    restrictTo(pipeline) {
      const runnable = pipeline.build({})
      runnable.prepare(pipeline.name)
      const judge = iamJudge(policyOf(statementsOf(runnable.access(pipeline.name))))
      server.restrict(judge, role.accessKeyId)
      return judge
    },
  }
}

/** Batches are flushed one by one, and nobody waits long. */
export const promptly: RunOptions = {
  flushEvery: { batches: 1, intervalMs: 3_600_000 },
  retry: { attempts: 1, firstMs: 1, maxMs: 2 },
}

/** A place on this computer. */
export const somewhere = (): string => `file:${join(mkdtempSync(join(tmpdir(), 'millrace-permissions-')), 'out')}`
