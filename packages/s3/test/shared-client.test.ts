import { afterEach, describe, expect, it, vi } from 'vitest'
import { sharedApi } from '../src/client.js'

const clientOf = async (options: Parameters<typeof sharedApi>[0]) => (await sharedApi(options)).client
const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
const way = { endpoint: 'http://storage.example:9000', credentials }

afterEach(() => vi.unstubAllEnvs())

describe('clients', () => {
  it('are one for all stores that are reached the same way', async () => {
    expect(await clientOf({ ...way, credentials: { ...credentials } })).toBe(await clientOf(way))
  })

  it.each([
    ['another endpoint', { endpoint: 'http://storage.example:9001' }],
    ['another region', { region: 'eu-west-1' }],
    ['other keys', { credentials: { ...credentials, accessKeyId: 'c' } }],
    ['a function that gets keys', { credentials: async () => credentials }],
    ['other attempts', { maxAttempts: 1 }],
  ])('are others for %s', async (_, other) => {
    expect(await clientOf({ ...way, ...other })).not.toBe(await clientOf(way))
  })

  it('are others when the environment says something else', async () => {
    const before = await clientOf(way)
    vi.stubEnv('AWS_PROFILE', 'other')

    expect(await clientOf(way)).not.toBe(before)
  })

  it('that could not be made are made again', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'nowhere')
    const refused = sharedApi({ credentials })
    await expect(refused).rejects.toThrow('The address of S3 is not valid')

    expect(sharedApi({ credentials })).not.toBe(refused)
    await expect(sharedApi({ credentials })).rejects.toThrow('The address of S3 is not valid')
  })

  it('that are given are used as they are', async () => {
    const client = await clientOf(way)

    expect(await clientOf({ client })).toBe(client)
  })
})
