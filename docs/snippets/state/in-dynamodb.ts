import { dynamoState } from '@millrace/dynamodb'
import { lambdaHandler } from '@millrace/lambda'
import orders from '../objects/latest.js'

const state = dynamoState({ table: 'etl-state', pipeline: 'orders' })

export default orders
export const handler = lambdaHandler(orders, { run: { state, statePlace: 'dynamodb:etl-state' } })
