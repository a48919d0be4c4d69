import { lambdaHandler } from '@millrace/lambda'
import { worldbank } from './pipeline.js'

/** The pipeline as an AWS Lambda: the event is the parameters, the report the answer. */
export const handler = lambdaHandler(worldbank)
