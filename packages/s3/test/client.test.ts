import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { build } from 'esbuild'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { openApi } from '../src/client.js'

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
const configOf = async (options: Parameters<typeof openApi>[0], env: NodeJS.ProcessEnv = {}) => {
  const { client, custom } = await openApi({ credentials, ...options }, env)
  return { custom, path: client.config.forcePathStyle, checksums: await client.config.requestChecksumCalculation() }
}

describe('the client', () => {
  const own = { custom: true, path: true, checksums: 'WHEN_REQUIRED' }
  const aws = { custom: false, path: false, checksums: 'WHEN_SUPPORTED' }

  test.each([
    ['an endpoint given', { endpoint: 'http://storage.example:9000' }, {}, own],
    ['an endpoint in the environment', {}, { AWS_ENDPOINT_URL_S3: 'http://storage.example:9000' }, own],
    ['an endpoint for all services in the environment', {}, { AWS_ENDPOINT_URL: 'http://storage.example:9000' }, own],
    [
      'an endpoint in the environment that is to be ignored',
      { region: 'eu-west-1' },
      { AWS_ENDPOINT_URL: 'http://storage.example:9000', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      aws,
    ],
    [
      'a VPC endpoint of AWS',
      { endpoint: 'https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com', region: 'eu-west-1' },
      {},
      aws,
    ],
    ['nothing but a region', { region: 'eu-west-1' }, {}, aws],
  ])('with %s has the manners for it', async (_, options, env, expected) => {
    expect(await configOf(options, env)).toEqual(expected)
  })

  test.each([
    ['AWS_ENDPOINT_URL_S3', '127.0.0.1:9000', 'must be an address such as http://127.0.0.1:9000'],
    ['AWS_ENDPOINT_URL', 'localhost:9000', 'must begin with http:// or https://'],
    ['AWS_ENDPOINT_URL_S3', 'http://user:pass@storage.example', 'holds a user or password'],
  ])('refuses %s=%s by name, before anything is asked', async (name, endpoint, problem) => {
    const opening = openApi({ credentials }, { [name]: endpoint })

    await expect(opening).rejects.toMatchObject({ name: 'ConfigError', code: 'ETL_CONFIG_INVALID' })
    await expect(opening).rejects.toThrow(`${name} ${problem}`)
    await expect(opening).rejects.not.toThrow('pass@')
  })

  describe('where only the SDK knows the endpoint', () => {
    afterEach(() => vi.unstubAllEnvs())

    test('has the manners for one that the profile names', async () => {
      const file = join(mkdtempSync(join(tmpdir(), 'profile-')), 'config')
      writeFileSync(file, '[profile own]\nendpoint_url = http://storage.example:9000\n')
      vi.stubEnv('AWS_CONFIG_FILE', file)
      vi.stubEnv('AWS_PROFILE', 'own')

      expect(await configOf({})).toEqual(own)
    })

    test('refuses one of the profile that is no address, by name', async () => {
      const file = join(mkdtempSync(join(tmpdir(), 'profile-')), 'config')
      writeFileSync(file, '[profile own]\nregion = eu-west-1\nendpoint_url = 127.0.0.1:9000\n')
      vi.stubEnv('AWS_CONFIG_FILE', file)
      vi.stubEnv('AWS_PROFILE', 'own')

      await expect(openApi({ credentials }, {})).rejects.toThrow("the profile's endpoint_url must be an address")
    })

    test('is known for one of a server that is not AWS, also when it was made by others', async () => {
      vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://storage.example:9000')
      const client = new S3Client({ credentials, region: 'us-east-1' })

      expect((await openApi({ client })).custom).toBe(true)
    })
  })

  test('keeps the path style it is told', async () => {
    expect((await configOf({ endpoint: 'http://storage.example', forcePathStyle: false })).path).toBe(false)
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
  const outputs = metafile.outputs
  const entry = Object.keys(outputs).find(name => outputs[name]?.entryPoint?.endsWith('index.ts')) as string
  const loaded = new Set<string>()
  const load = (name: string) => {
    if (loaded.has(name)) return
    loaded.add(name)
    for (const { path, kind } of outputs[name]?.imports ?? []) if (kind === 'import-statement') load(path)
  }
  load(entry)

  expect([...loaded].filter(name => name.startsWith('@aws-sdk'))).toEqual([])
  expect(Object.values(outputs).some(({ imports }) => imports.some(({ path }) => path === '@aws-sdk/client-s3'))).toBe(true)
})
