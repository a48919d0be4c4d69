import { invokeSelf, lambdaHandler } from '@millrace/lambda'
import population from '../population.js'

export default population
export const handler = lambdaHandler(population, { handOn: invokeSelf() })
