import { deadLetterQueue, lambdaHandler, sendToQueue } from '@millrace/lambda'
import population from '../population.js'

const account = 'https://sqs.eu-west-2.amazonaws.com/123456789012'

export default population
export const handler = lambdaHandler(population, {
  handOn: sendToQueue(`${account}/loads`),
  deadLetters: deadLetterQueue(`${account}/loads-dead`),
})
