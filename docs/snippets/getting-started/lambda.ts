import { lambdaHandler } from '@millrace/lambda'
import population from '../population.js'

export const handler = lambdaHandler(population)
