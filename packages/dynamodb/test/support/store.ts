import { randomBytes } from 'node:crypto'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { StateStore } from '@millrace/etl-core'
import { defaultSizes, type Sizes } from '../../src/content.js'
import { stateIn } from '../../src/state.js'
import { tableOf } from '../../src/table.js'
import type { DynamoServer } from './server.js'

/** Every document in many parts. */
export const tiny: Sizes = { text: 0, inline: 0, part: 64 }

/** A partition of its own. */
export const newPartition = (): string => `test-${randomBytes(6).toString('hex')}`

export function storeIn(
  { table, client }: Pick<DynamoServer, 'table' | 'client'>,
  partition: string,
  sizes: Sizes = defaultSizes,
): StateStore {
  return stateIn(tableOf({ table, place: `dynamodb:${table}`, client }), partition, sizes)
}

/** A process that dies: no request is sent any more after so many. */
export function dyingClient(
  client: DynamoDBClient,
  after: number,
): { readonly client: DynamoDBClient; readonly died: () => boolean } {
  let sent = 0
  let died = false
  const send = async (...all: unknown[]): Promise<unknown> => {
    died ||= sent++ >= after
    if (died) throw new Error('dead')
    return (client.send as (...all: unknown[]) => Promise<unknown>).call(client, ...all)
  }
  return { client: Object.create(client, { send: { value: send } }) as DynamoDBClient, died: () => died }
}

/** Text that packs to three quarters of its length. */
export const noise = (bytes: number): string => randomBytes(Math.ceil((bytes * 3) / 4)).toString('base64')
