import type { LambdaOptions } from '../handler.js'

/**
 * AWS Lambda Powertools as far as it is installed, for the options of `lambdaHandler`: a `Logger`, a `Metrics`, a `Tracer`, each made with
 * its defaults. What is not installed is left out; whatever else keeps one from loading is thrown.
 *
 * @param serviceName - Used where `POWERTOOLS_SERVICE_NAME` is not set. Mostly the pipeline's name.
 * @example
 * export const handler = lambdaHandler(population, await powertools('population'))
 */
export async function powertools(serviceName?: string): Promise<Pick<LambdaOptions, 'logger' | 'metrics' | 'tracer'>> {
  const named = process.env.POWERTOOLS_SERVICE_NAME
  const service = named || serviceName === undefined ? {} : { serviceName }
  const namespace = process.env.POWERTOOLS_METRICS_NAMESPACE || 'Millrace'
  // Each import with its own catch right behind it: a bundler then leaves a package that is not there to the moment it is used.
  const [logger, metrics, tracer] = await Promise.all([
    import('@aws-lambda-powertools/logger').catch(absent),
    import('@aws-lambda-powertools/metrics').catch(absent),
    import('@aws-lambda-powertools/tracer').catch(absent),
  ])
  return {
    ...(logger ? { logger: new logger.Logger(service) } : {}),
    ...(metrics ? { metrics: new metrics.Metrics({ namespace, ...service }) } : {}),
    ...(tracer ? { tracer: new tracer.Tracer(service) } : {}),
  }
}

/** Not installed. A package that lacks one of its own is broken. */
function absent(error: unknown): undefined {
  const { code = '', message } = error as NodeJS.ErrnoException
  const names = /'@aws-lambda-powertools\/(logger|metrics|tracer)'/.test(message)
  if (names && /^(ERR_)?MODULE_NOT_FOUND$/.test(code)) return undefined
  throw error
}
