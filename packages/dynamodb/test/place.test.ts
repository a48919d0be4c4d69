import { connectWith, parsePlace } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import { dynamodb, dynamodbWith, dynamoState } from '../src/index.js'
import { partitionOf, tablePlace } from '../src/place.js'

describe('a place in DynamoDB', () => {
  test.each([
    ['dynamodb:etl-state', 'etl-state', ''],
    ['dynamodb:Etl_State.2/', 'Etl_State.2', ''],
    ['dynamodb:etl-state/staging/eu', 'etl-state', 'staging/eu'],
    ['dynamodb:etl-state/größe%20x/', 'etl-state', 'größe%20x'],
  ])('%s is a table and a prefix', (text, table, prefix) => {
    expect(tablePlace(parsePlace(text))).toEqual({ table, prefix })
  })

  test.each([
    ['dynamodb:x', '3 to 255'],
    ['dynamodb://etl-state', 'a table is needed'],
    ['dynamodb:etl state', '3 to 255'],
    ['dynamodb:arn:aws:dynamodb:eu-west-2:123456789012:table/etl', 'ARN'],
    ['dynamodb:etl-state//x', 'not empty'],
    ['dynamodb:etl-state/a#b', 'no #'],
    ['dynamodb:etl-state/a?b', 'no #'],
    [`dynamodb:etl-state/${'ü'.repeat(300)}`, '512 bytes'],
  ])('%s is none', (text, says) => {
    expect(() => dynamodb.open(parsePlace(text))).toThrow(expect.objectContaining({ code: 'ETL_PLACE_INVALID' }))
    expect(() => dynamodb.open(parsePlace(text))).toThrow(says)
  })

  test('is a home for state and nothing else', () => {
    const connect = connectWith([dynamodb])

    expect(connect.place('dynamodb:etl-state/staging').home.place).toBe('dynamodb:etl-state/staging')
    expect(() => connect.objects('dynamodb:etl-state', {} as never)).toThrow(/holds state alone/)
  })

  test('has a partition for each pipeline and prefix', () => {
    expect(partitionOf('', 'orders')).toBe('orders')
    expect(partitionOf('staging', 'orders')).toBe('staging/orders')
  })
})

describe('options', () => {
  test('are refused with all problems at once', () => {
    const options = { table: 'x', pipeline: 'a/b', prefix: '/', maxAttempts: 0, endpoint: 'here', tabel: 'y' }

    expect(() => dynamoState(options as never)).toThrow(
      /table "x".*prefix "\/".*pipeline must be.*unknown: tabel.*maxAttempts must.*endpoint must/s,
    )
  })

  test('of a connector name no table', () => {
    expect(() => dynamodbWith({ table: 'etl-state' } as never)).toThrow('unknown: table')
  })
})
