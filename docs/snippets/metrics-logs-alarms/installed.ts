import { lambdaHandler } from '@millrace/lambda'
import { powertools } from '@millrace/lambda/powertools'
import population from '../population.js'

export const handler = lambdaHandler(population, await powertools('population'))
