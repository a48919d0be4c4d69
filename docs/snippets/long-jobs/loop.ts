import { lambdaHandler } from '@millrace/lambda'
import population from '../population.js'

export default population

/** What a task of Step Functions may answer, in bytes. */
export const handler = lambdaHandler(population, { mostAnswerBytes: 262_144 })
