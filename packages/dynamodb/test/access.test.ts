import { parsePlace } from '@millrace/etl-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessTo } from '../src/access.js'
import { dynamodb, dynamodbWith } from '../src/index.js'
import { type DynamoServer, startDynamo } from './support/server.js'
import { newPartition, noise, storeIn, tiny } from './support/store.js'

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamo()
})
afterAll(() => server.close())

/** The character itself, in a pattern of IAM. */
const star = ['$', '{', '*', '}'].join('')

test('a home says what it needs, of the region it knows', () => {
  const place = parsePlace('dynamodb:etl-state/a*b')

  expect(dynamodb.open(place).home.access?.('orders')).toEqual([
    {
      system: 'aws',
      what: 'table of state',
      actions: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      resources: ['arn:aws:dynamodb:*:*:table/etl-state'],
      condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`a${star}b/orders`, `a${star}b/orders#*`] } },
      why: expect.any(String),
    },
  ])
  expect(dynamodbWith({ region: 'eu-west-2' }).open(place).home.access?.('orders')[0]?.resources).toEqual([
    'arn:aws:dynamodb:eu-west-2:*:table/etl-state',
  ])
})

test('all that is asked of the table is among that, and nothing else is in it', async () => {
  const partition = newPartition()
  const store = storeIn(server, partition, tiny)
  const [needed] = accessTo(server.table, partition)
  server.takeCalls()
  const version = await store.save('head', { text: noise(300) }, 'absent')
  await store.load('head')
  for await (const _ of store.list('h'));
  await store.remove('head', version)
  const calls = server.takeCalls()
  const partitions = calls.map(({ input }) => {
    const { Key, Item, ExpressionAttributeValues: values } = input as Record<string, Record<string, { readonly S: string }>>
    return (Key?.pk ?? Item?.pk ?? values?.[':pk'])?.S
  })

  expect([...new Set(calls.map(({ operation }) => `dynamodb:${operation}`))].sort()).toEqual(needed?.actions)
  expect(new Set(calls.map(({ input }) => input.TableName))).toEqual(new Set([server.table]))
  expect(partitions.filter(each => each !== partition && !each?.startsWith(`${partition}#`))).toEqual([])
})
