import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { countedClient } from '@millrace/aws'
import { type Api, sharedApi } from './client.js'
import { dynamoError, refusedAfter } from './errors.js'
import type { DynamoClientOptions } from './options.js'

export type Item = Readonly<Record<string, AttributeValue>>

/** Which table, how it is reached, and how it is called in reports. */
export interface TableSettings extends DynamoClientOptions {
  readonly table: string
  readonly place: string
}

/** When a write is done. Names begin with `#`, values with `:`. */
export interface Condition {
  readonly expression: string
  readonly values?: Item
}

/** What became of a write under a condition. */
export interface Outcome {
  readonly done: boolean
  /** It took more than one attempt: a refusal may be due to an earlier one whose answer was lost. */
  readonly repeated: boolean
}

/** Requests to one table, its errors translated. Reads are strongly consistent. `doing` follows "Could not" in messages. */
export interface Table {
  readonly place: string
  /** @param names - Only these attributes. */
  get(doing: string, pk: string, sk: string, names?: readonly string[]): Promise<Item | undefined>
  put(doing: string, item: Item, condition?: Condition): Promise<Outcome>
  delete(doing: string, pk: string, sk: string, condition?: Condition): Promise<Outcome>
  /** Items of a partition, in the order of their sort keys, page by page, of which each is up to 1 MB of the table. */
  query(doing: string, pk: string, options: QueryOptions): AsyncGenerator<Item>
}

interface QueryOptions {
  /** Only sort keys that begin with it. Empty for all. */
  readonly begins: string
  readonly names: readonly string[]
  /** Only items without this attribute. */
  readonly without?: string
}

/** Every name an expression may use: many words are reserved, so all are written with a `#`. */
const nameOf = (attribute: string): string => `#${attribute}`

const namesIn = (...expressions: readonly (string | undefined)[]): Record<string, string> =>
  Object.fromEntries(expressions.flatMap(each => each?.match(/#\w+/g) ?? []).map(name => [name, name.slice(1)]))

/** Nothing is loaded or asked before the first request. */
export function tableOf(settings: TableSettings): Table {
  const { table, place } = settings
  const TableName = table
  let opening: Promise<Api> | undefined
  const opened = (): Promise<Api> => {
    opening ??= sharedApi(settings).then(
      api => ({ ...api, client: countedClient(api.client, 'dynamodb') }),
      error => {
        opening = undefined
        throw error
      },
    )
    return opening
  }

  const ask = async <R>(doing: string, request: (api: Api) => Promise<R>): Promise<R> => {
    try {
      return await request(await opened())
    } catch (error) {
      throw dynamoError(error, { doing, table, place })
    }
  }

  const write = (doing: string, request: (api: Api) => Promise<{ readonly $metadata: { readonly attempts?: number } }>) =>
    ask(doing, async (api): Promise<Outcome> => {
      try {
        const { $metadata } = await request(api)
        return { done: true, repeated: ($metadata.attempts ?? 1) > 1 }
      } catch (error) {
        const attempts = refusedAfter(error)
        if (attempts === undefined) throw error
        return { done: false, repeated: attempts > 1 }
      }
    })

  const conditionInput = (condition: Condition | undefined) =>
    condition && {
      ConditionExpression: condition.expression,
      ExpressionAttributeNames: namesIn(condition.expression),
      ...(condition.values ? { ExpressionAttributeValues: condition.values } : {}),
    }

  return {
    place,
    async get(doing, pk, sk, names) {
      const projection = names?.map(nameOf).join(', ')
      const { Item } = await ask(doing, ({ sdk, client }) =>
        client.send(
          new sdk.GetItemCommand({
            TableName,
            Key: keyOf(pk, sk),
            ConsistentRead: true,
            ...(projection ? { ProjectionExpression: projection, ExpressionAttributeNames: namesIn(projection) } : {}),
          }),
        ),
      )
      return Item
    },
    put: (doing, item, condition) =>
      write(doing, ({ sdk, client }) =>
        client.send(new sdk.PutItemCommand({ TableName, Item: { ...item }, ...conditionInput(condition) })),
      ),
    delete: (doing, pk, sk, condition) =>
      write(doing, ({ sdk, client }) =>
        client.send(new sdk.DeleteItemCommand({ TableName, Key: keyOf(pk, sk), ...conditionInput(condition) })),
      ),
    async *query(doing, pk, { begins, names, without }) {
      const expression = begins === '' ? '#pk = :pk' : '#pk = :pk AND begins_with(#sk, :begins)'
      const projection = names.map(nameOf).join(', ')
      const filter = without === undefined ? undefined : `attribute_not_exists(${nameOf(without)})`
      const input = {
        TableName,
        ConsistentRead: true,
        KeyConditionExpression: expression,
        ProjectionExpression: projection,
        ExpressionAttributeNames: namesIn(expression, projection, filter),
        ExpressionAttributeValues: { ':pk': text(pk), ...(begins === '' ? {} : { ':begins': text(begins) }) },
        ...(filter === undefined ? {} : { FilterExpression: filter }),
      }
      let after: Record<string, AttributeValue> | undefined
      do {
        const from = after === undefined ? {} : { ExclusiveStartKey: after }
        const page = await ask(doing, ({ sdk, client }) => client.send(new sdk.QueryCommand({ ...input, ...from })))
        yield* page.Items ?? []
        after = page.LastEvaluatedKey
      } while (after !== undefined)
    },
  }
}

/** A string as DynamoDB has it. */
export const text = (value: string): AttributeValue => ({ S: value })

export const keyOf = (pk: string, sk: string): Record<string, AttributeValue> => ({ pk: text(pk), sk: text(sk) })
