import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { startLambda } from '@millrace/etl-testkit/lambda'
import { describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../../tools/workspaces.mjs'
import { command, jsonLines, tempFolder } from './support/command.js'
import { unzipTo } from './support/zip.js'

/** A load that no invocation of a second or two gets through. */
const long = `
import { definePipeline, from } from '@millrace/etl-core'
import { ndjson } from '@millrace/formats'
import { folder } from '@millrace/objects'
import * as z from 'zod'
const later = ms => new Promise(resolve => setTimeout(resolve, ms))
export default definePipeline({
  name: 'orders', connectors: [folder], params: z.object({ to: z.string() }),
  build: ({ params, connect }) =>
    from({
      name: 'slow', capabilities: { resumable: true, rereads: 'same' },
      plan: async () => ({ splits: [{ id: 'all', params: null }] }),
      async *read(_split, at) {
        for (let id = Number(at ?? 0) + 1; id <= 1000; id++, await later(20)) yield { records: [{ id }], cursor: id }
      },
    }).into(connect.objects(params.to, { path: 'all.ndjson', format: ndjson() })),
})
`

function project(): string {
  const cwd = tempFolder()
  writeFileSync(join(cwd, 'package.json'), '{"name":"orders"}')
  writeFileSync(join(cwd, 'orders.ts'), long)
  symlinkSync(join(repositoryRoot, 'node_modules'), join(cwd, 'node_modules'), 'junction')
  return cwd
}

/** Lambda's own API, which takes what it is asked. */
async function lambdaApi() {
  const asked: { path: string | undefined; type: unknown; event: unknown }[] = []
  const server = createServer(async (request, response) => {
    asked.push({ path: request.url, type: request.headers['x-amz-invocation-type'], event: await json(request) })
    response.writeHead(202).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

describe('bundle --hand-on', () => {
  test('self: the function asks for its next invocation when a load is not done at the deadline', async () => {
    const cwd = project()
    const { code, out, err } = await command(['bundle', 'orders.ts', '--hand-on', 'self'], { cwd })
    const api = await lambdaApi()
    const taskRoot = unzipTo(join(cwd, 'task'), readFileSync(join(cwd, 'orders.zip')))
    const credentials = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'eu-west-2' }
    const lambda = await startLambda({
      taskRoot,
      handler: 'index.handler',
      env: { ...credentials, AWS_ENDPOINT_URL_LAMBDA: api.url },
    })
    try {
      const to = `file:${join(cwd, 'out')}`
      const { answer } = await lambda.invoke({ to }, 6_000)

      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out).toContain('hand on     by an invocation of itself\n')
      expect(answer).toMatchObject({ status: 'stopped' })
      expect(api.asked).toEqual([
        {
          path: expect.stringMatching(/^\/2015-03-31\/functions\/.*\/invocations$/),
          type: 'Event',
          event: expect.objectContaining({
            to,
            millrace: expect.objectContaining({ passedOn: expect.objectContaining({ times: 1 }) }),
          }),
        },
      ])
    } finally {
      await lambda.close()
      api.close()
    }
  })

  test('a queue’s address is in the handler, and is what --json tells', async () => {
    const cwd = project()
    const url = 'https://sqs.eu-west-2.amazonaws.com/123456789012/on'
    const { out } = await command(['bundle', 'orders.ts', '--hand-on', url, '--json'], { cwd })

    expect(jsonLines(out)[0]).toMatchObject({ handOn: url })
    expect(readFileSync(join(unzipTo(join(cwd, 'task'), readFileSync(join(cwd, 'orders.zip'))), 'index.mjs'), 'utf8')).toContain(
      url,
    )
  })

  test.each(['itself', 'arn:aws:sqs:eu-west-2:1:on', ''])('%j is refused', async given => {
    const { code, err } = await command(['bundle', 'orders.ts', '--hand-on', given], { cwd: project() })

    expect(code).toBe(2)
    expect(err).toContain("--hand-on takes self, or a queue's address")
  })

  test('is refused where its client is not installed', async () => {
    const cwd = tempFolder()
    const packages = join(cwd, 'node_modules/@millrace/lambda')
    mkdirSync(packages, { recursive: true })
    writeFileSync(join(packages, 'package.json'), '{"name":"@millrace/lambda"}')
    writeFileSync(join(cwd, 'package.json'), '{"name":"orders"}')
    writeFileSync(
      join(cwd, 'orders.cjs'),
      "const made = { name: 'orders', version: '1', connectors: [], build() {} }\nexports.default = Object.defineProperty(made, Symbol.for('millrace.pipeline'), { value: true })\n",
    )
    const { code, err } = await command(['bundle', 'orders.cjs', '--hand-on', 'self'], { cwd })

    expect(code).not.toBe(0)
    expect(err).toContain('npm install @aws-sdk/client-lambda')
  })
})
