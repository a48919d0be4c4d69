import type { StateConnector, StateStore } from '@millrace/etl-core'
import { accessTo } from './access.js'
import { checkClientOptions, checkStateOptions, type DynamoClientOptions, type DynamoStateOptions } from './options.js'
import { partitionOf, tablePlace } from './place.js'
import { stateIn } from './state.js'
import { tableOf } from './table.js'

/**
 * The connector of {@link dynamodb}, with more said than a place can: a region, an endpoint, a ready client.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once.
 * @example
 * definePipeline({ name: 'orders', connectors: [folder, dynamodbWith({ region: 'eu-west-2' })], … })
 */
export function dynamodbWith(options: DynamoClientOptions): StateConnector {
  checkClientOptions(options)
  return Object.freeze<StateConnector>({
    kind: 'state',
    scheme: 'dynamodb',
    open(place) {
      const { table, prefix } = tablePlace(place)
      const opened = tableOf({ ...options, table, place: place.shown })
      return {
        home: {
          place: place.shown,
          state: pipeline => stateIn(opened, partitionOf(prefix, pipeline)),
          access: pipeline => accessTo(table, partitionOf(prefix, pipeline), options.region),
        },
      }
    },
  })
}

/**
 * DynamoDB tables as places for state: `dynamodb:table`, `dynamodb:table/prefix`. For pipelines whose sink keeps none, `--state
 * dynamodb:etl-state`. All pipelines may share a table; a prefix tells deployments apart. The SDK loads when a place is first used.
 *
 * The table has the keys `pk` and `sk`, both strings. It is not created. Credentials and region come from where the AWS SDK finds them.
 *
 * Opening a place throws ConfigError `ETL_PLACE_INVALID` for what cannot be a table or a prefix.
 *
 * @example
 * definePipeline({ name: 'orders', connectors: [folder, dynamodb], build: ({ connect }) => … })
 */
export const dynamodb: StateConnector = dynamodbWith({})

/**
 * State of one pipeline in a DynamoDB table, for runs whose sink keeps none.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once.
 * @example
 * const state = dynamoState({ table: 'etl-state', pipeline: 'orders' })
 * export const handler = lambdaHandler(orders, { run: { state, statePlace: 'dynamodb:etl-state' } })
 */
export function dynamoState(options: DynamoStateOptions): StateStore {
  checkStateOptions(options)
  const { table, pipeline, prefix = '', ...client } = options
  const place = prefix === '' ? `dynamodb:${table}` : `dynamodb:${table}/${prefix}`
  return stateIn(tableOf({ ...client, table, place }), partitionOf(prefix, pipeline))
}
