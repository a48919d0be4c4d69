import { lambdaHandler } from '@millrace/lambda'
import { plants } from './plants.js'

/** The minute's load as an AWS Lambda: the event is the parameters, the report the answer. */
export const handler = lambdaHandler(plants)
