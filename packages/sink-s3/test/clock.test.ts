import { S3Client } from '@aws-sdk/client-s3'
import { run } from '@millrace/etl-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { idsAt, lake, pipelineInto, promptly, rowsOf } from './support/lake.js'

describe("a client whose clock differs from S3's", () => {
  test.each([-30, -10, 10, 30])('by %i minutes loads all the same: beyond 15 the SDK corrects itself', async minutes => {
    const server = await lake({ clockOffsetMs: minutes * 60_000 })

    const report = await run(pipelineInto(server, rowsOf(3)), {}, promptly)

    expect([report.status, idsAt(server, 'out/a.csv')]).toEqual(['succeeded', ['0', '1', '2']])
    const skewed = server.requests.filter(({ code }) => code === 'RequestTimeTooSkewed').length
    expect(skewed > 0).toBe(Math.abs(minutes) > 15)
  })

  test('and may not be corrected is told so, with the difference', async () => {
    const server = await lake({ clockOffsetMs: 20 * 60_000 })
    const client = new S3Client({ ...server.clientConfig(), maxAttempts: 1 })
    onTestFinished(() => client.destroy())

    await expect(run(pipelineInto(server, rowsOf(3), { place: { client } }), {}, promptly)).rejects.toMatchObject({
      code: 'ETL_STATE_DENIED',
      message: expect.stringMatching(/RequestTimeTooSkewed.*clock is 20 minutes behind S3's.*Set this computer's clock/),
    })
  })
})
