export { dynamodb, dynamodbWith, dynamoState } from './connector.js'
export type { DynamoClientOptions, DynamoStateOptions } from './options.js'
