import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import { Tracer } from '@aws-lambda-powertools/tracer'
import { lambdaHandler } from '@millrace/lambda'
import population from '../population.js'

const serviceName = 'population'

export const handler = lambdaHandler(population, {
  logger: new Logger({ serviceName, persistentKeys: { team: 'data' } }),
  metrics: new Metrics({ serviceName, namespace: 'Data' }),
  tracer: new Tracer({ serviceName, captureHTTPsRequests: false }),
})
