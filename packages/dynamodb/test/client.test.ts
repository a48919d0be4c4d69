import { join } from 'node:path'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { build } from 'esbuild'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { openApi } from '../src/client.js'
import { dynamoState } from '../src/index.js'

afterEach(() => vi.unstubAllEnvs())

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
const configOf = async (options: object, env: NodeJS.ProcessEnv = {}) => {
  const { client } = await openApi({ credentials, ...options }, env)
  return { attempts: await client.config.maxAttempts(), region: await client.config.region() }
}

describe('the client', () => {
  test('tries a request eight times, unless it is told otherwise', async () => {
    const region = 'eu-west-2'

    expect(await configOf({ region })).toEqual({ attempts: 8, region })
    expect(await configOf({ region, maxAttempts: 2 })).toEqual({ attempts: 2, region })
  })

  test('takes any region for a server of one’s own', async () => {
    vi.stubEnv('AWS_REGION', '')

    expect((await configOf({ endpoint: 'http://127.0.0.1:8000' })).region).toBe('us-east-1')
    expect((await configOf({}, { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:8000' })).region).toBe('us-east-1')
  })

  test('refuses an endpoint of the environment that is no address, by name', async () => {
    await expect(openApi({ credentials }, { AWS_ENDPOINT_URL_DYNAMODB: '127.0.0.1:8000' })).rejects.toThrow(
      'AWS_ENDPOINT_URL_DYNAMODB must be an address',
    )
  })

  test('may be a ready one', async () => {
    const sent: string[] = []
    const send = async (command: object) => {
      sent.push(command.constructor.name)
      return {}
    }

    await dynamoState({ table: 'etl-state', pipeline: 'orders', client: { send } as unknown as DynamoDBClient }).load('head')

    expect(sent).toEqual(['GetItemCommand'])
  })
})

test('importing the package does not load the SDK', async () => {
  const { metafile } = await build({
    entryPoints: [join(import.meta.dirname, '../src/index.ts')],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    write: false,
    outdir: 'out',
    metafile: true,
    logLevel: 'silent',
  })
  const statically = Object.values(metafile.outputs)
    .filter(({ entryPoint }) => entryPoint?.endsWith('index.ts'))
    .flatMap(({ imports }) => imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path))

  expect(statically.filter(path => path.startsWith('@aws-sdk'))).toEqual([])
  expect(statically).toContain('@millrace/etl-core')
})
