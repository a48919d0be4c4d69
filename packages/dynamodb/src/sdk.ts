// Loaded by a dynamic import only: a bundle keeps the commands named here, and who keeps no state in DynamoDB pays nothing.
export { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
