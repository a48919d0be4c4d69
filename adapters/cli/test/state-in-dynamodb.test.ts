import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type DynamoServer, startDynamo } from '../../../packages/dynamodb/test/support/server.js'
import { repositoryRoot } from '../../../tools/workspaces.mjs'
import type { Bundled } from '../src/show/bundled.js'
import { command, jsonLines, tempFolder } from './support/command.js'

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamo()
})
afterEach(() => vi.unstubAllEnvs())
afterAll(() => server.close())

/** A project whose pipeline may keep state in DynamoDB. */
function project(): string {
  const cwd = tempFolder()
  symlinkSync(join(repositoryRoot, 'node_modules'), join(cwd, 'node_modules'), 'junction')
  writeFileSync(join(cwd, 'package.json'), '{"name":"orders","type":"module"}')
  writeFileSync(
    join(cwd, 'orders.ts'),
    `import { dynamodb } from '@millrace/dynamodb'
import { definePipeline, from } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { folder } from '@millrace/objects'
const source = {
  name: 'numbers',
  capabilities: { resumable: true, rereads: 'same' },
  plan: async () => ({ splits: [{ id: 'all', params: null }] }),
  async *read() { yield { records: [{ id: 1 }], cursor: 1, bookmark: 'seen' } },
} as const
export default definePipeline({
  name: 'orders', connectors: [folder, dynamodb],
  build: ({ connect }) => from<{ id: number }>(source).into(connect.objects('file:./out', { path: '{group}.csv', format: csv() })),
})
`,
  )
  return cwd
}

const reached = () => {
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', server.endpoint)
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'a')
}

test('state in a table is named by --state: kept, shown and reset there', async () => {
  reached()
  const cwd = project()
  const place = ['--state', `dynamodb:${server.table}/staging`]

  const ran = await command(['run', 'orders.ts', ...place, '--json'], { cwd })
  const keys = (await server.items('staging/orders')).map(({ sk }) => sk?.S)
  const shown = await command(['state', 'show', 'orders.ts', ...place], { cwd })
  const reset = await command(['state', 'reset', 'orders.ts', ...place, '--yes'], { cwd })

  expect(ran).toMatchObject({ code: 0, err: '' })
  expect(keys).toEqual(expect.arrayContaining(['bookmarks', 'head']))
  expect(shown.out).toContain(`dynamodb:${server.table}/staging`)
  expect(reset.code).toBe(0)
  expect((await server.items('staging/orders')).map(({ sk }) => sk?.S)).not.toContain('bookmarks')
})

test('what it takes is in the policy that iam prints', async () => {
  const { out } = await command(['iam', 'orders.ts', '--state', 'dynamodb:etl-state'], { cwd: project() })

  expect(JSON.parse(out).Statement).toMatchObject([
    {
      Action: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['orders', 'orders#*'] } },
    },
  ])
})

test('a bundle leaves it out where it is not among --connectors', async () => {
  const { code, out, err } = await command(['bundle', 'orders.ts', '--connectors', 'folder', '--json'], { cwd: project() })
  const [bundled] = jsonLines(out) as unknown as Bundled[]

  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(bundled).toMatchObject({ leftOut: ['dynamodb'] })
  expect(bundled?.packages.map(({ name }) => name).filter(name => /dynamodb/.test(name))).toEqual([])
})
