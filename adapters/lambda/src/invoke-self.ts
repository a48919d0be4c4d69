import { quietly } from '@millrace/aws'
import { ConfigError } from '@millrace/etl-core'
import type { HandOn } from './hand-on.js'
import { missing, once } from './sdk.js'

/** An asynchronous invocation's event may be so long (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2026-11). */
const mostEventBytes = 256 * 1024

/**
 * Hands on by invoking the function itself, asynchronously, by the alias or version it was invoked by. The role needs
 * `lambda:InvokeFunction` on the function. Lambda ends such loops after some 16 invocations unless the function's recursive loop detection is
 * set to `Allow` (https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html, read 2026-11): that a load comes further is
 * watched by `mostInVain`.
 *
 * @example
 * export const handler = lambdaHandler(population, { handOn: invokeSelf() })
 */
export function invokeSelf(): HandOn {
  const client = once(async () => {
    const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda').catch(missing('@aws-sdk/client-lambda'))
    return { sdk: quietly(() => new LambdaClient({})), InvokeCommand }
  })
  return {
    name: 'an invocation of itself',
    async send(event, { functionArn }) {
      if (functionArn === undefined)
        throw new ConfigError('ETL_CONFIG_INVALID', 'invokeSelf() works in a Lambda alone: the context names no function.')
      const payload = Buffer.from(JSON.stringify(event))
      if (payload.length > mostEventBytes) throw tooLong(payload.length)
      const { sdk, InvokeCommand } = await client()
      await sdk.send(new InvokeCommand({ FunctionName: functionArn, InvocationType: 'Event', Payload: payload }))
    },
  }
}

const tooLong = (bytes: number): ConfigError =>
  new ConfigError(
    'ETL_CONFIG_INVALID',
    `The parameters come to ${bytes} bytes, and an asynchronous invocation takes ${mostEventBytes}. Put the data where the pipeline reads it from.`,
  )
