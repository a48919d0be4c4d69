import { randomUUID } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import type { Access } from '@millrace/etl-core'
import { iamJudge, policyFrom } from '@millrace/etl-testkit/iam'
import { s3Server } from '@millrace/etl-testkit/s3'
import { params, worldbank } from '../src/index.js'
import { type Door, doorTo } from './door.js'

/** A bucket to write to, by the command through a door, and to look into, by the SDK alone. */
export interface Lake {
  readonly door: Door
  /** The whole environment of a command that finds the bucket. */
  readonly env: NodeJS.ProcessEnv
  /** A place of this test's own. */
  readonly to: string
  /** What a reader sees: bytes by key, below the place, without what begins with `_`. */
  published(): Promise<Record<string, Buffer>>
  /** Every key below the place. */
  keys(): Promise<string[]>
  /** Uploads that nobody has ended: `key id`. */
  unfinished(): Promise<string[]>
  close(): Promise<void>
}

/** Where a bucket is, and what the SDK of a child process is to find. */
interface Where {
  readonly endpoint: string
  readonly bucket: string
  readonly env: NodeJS.ProcessEnv
  readonly end?: () => Promise<void>
}

/**
 * A bucket of the test server, in one of its manners. The command may do there what its pipeline says that it needs, and no more: what was
 * denied fails the test.
 */
export async function testLake(like: 'aws' | 'radosgw' = 'aws'): Promise<Lake> {
  const server = await s3Server({ buckets: ['lake'], like })
  const role = { accessKeyId: 'AKIAROLEOFPIPELINE01', secretAccessKey: randomUUID() }
  server.addCredentials(role)
  const asRole = { AWS_ACCESS_KEY_ID: role.accessKeyId, AWS_SECRET_ACCESS_KEY: role.secretAccessKey }
  const lake = await lakeAt({ endpoint: server.url, bucket: 'lake', env: onlyThis(server.env()), end: () => server.close() })
  const judge = iamJudge(policyFrom(neededAt(lake.to)))
  server.restrict(judge, role.accessKeyId)
  return {
    ...lake,
    env: { ...lake.env, ...asRole },
    async close() {
      await lake.close()
      if (judge.denied.length > 0) throw new Error(`the pipeline does not say that it needs: ${judge.denied.join('; ')}`)
    },
  }
}

function neededAt(to: string): readonly Access[] {
  const runnable = worldbank.build(params.parse({ indicators: ['WIDE'], to }))
  runnable.prepare(worldbank.name)
  return runnable.access(worldbank.name)
}

/** What a real server is named by: `MILLRACE_TEST_S3=http://127.0.0.1:9000/bucket`, credentials and region as the SDK finds them. */
export function liveLake(): (() => Promise<Lake>) | undefined {
  const text = process.env.MILLRACE_TEST_S3
  if (!text) return undefined
  const { origin, pathname } = new URL(text)
  const bucket = pathname.replace(/^\/|\/$/g, '')
  return () => lakeAt({ endpoint: origin, bucket, env: { AWS_REGION: 'us-east-1', ...process.env } })
}

/** The test's environment with these variables and no other of the SDK's, and no profile of whoever runs the tests. */
export function onlyThis(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'))
  const nowhere = { AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere', AWS_EC2_METADATA_DISABLED: 'true' }
  return { ...Object.fromEntries(others), ...nowhere, ...variables }
}

async function lakeAt({ endpoint, bucket, env, end }: Where): Promise<Lake> {
  const door = await doorTo(endpoint)
  const prefix = `millrace-test/${randomUUID()}`
  const client = new S3Client({ ...clientOptions(env), endpoint, forcePathStyle: true })
  const below = { Bucket: bucket, Prefix: `${prefix}/` }
  const keys = async () => {
    const { Contents = [], IsTruncated } = await client.send(new ListObjectsV2Command(below))
    if (IsTruncated) throw new Error('more than one page of objects')
    return Contents.map(({ Key = '' }) => Key.slice(prefix.length + 1))
  }
  const bytesOf = async (key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}` }))
    return Buffer.from((await Body?.transformToByteArray()) ?? [])
  }
  const uploads = async () => (await client.send(new ListMultipartUploadsCommand(below))).Uploads ?? []

  return {
    door,
    env: { ...env, AWS_ENDPOINT_URL_S3: door.url },
    to: `s3://${bucket}/${prefix}`,
    keys,
    async published() {
      const visible = (await keys()).filter(key => !key.startsWith('_'))
      return Object.fromEntries(await Promise.all(visible.map(async key => [key, await bytesOf(key)] as const)))
    },
    unfinished: async () => (await uploads()).map(({ Key, UploadId }) => `${Key?.slice(prefix.length + 1)} ${UploadId}`),
    async close() {
      for (const { Key, UploadId } of await uploads())
        await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
      for (const key of await keys()) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}` }))
      client.destroy()
      await Promise.all([door.close(), end?.()])
    },
  }
}

/** Without sessions, profiles or roles of the test's own process, where the environment says all that is needed. */
function clientOptions({
  AWS_REGION: region = 'us-east-1',
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secret,
}: NodeJS.ProcessEnv) {
  const credentials = accessKeyId && secret ? { credentials: { accessKeyId, secretAccessKey: secret } } : {}
  return { region, ...credentials, requestChecksumCalculation: 'WHEN_REQUIRED' as const }
}
