import { rateLimit, SourceError, withRetry } from '@millrace/etl-core'

const limit = rateLimit(10)

/** What a country is called today: ten questions a second at most, each asked again while the server is busy. */
export async function nameOf(server: string, code: string, signal: AbortSignal): Promise<string> {
  return withRetry(
    async () => {
      await limit.pass(signal)
      const answer = await fetch(`${server}/countries/${code}`, { signal })
      if (answer.status === 503) throw new SourceError('ETL_SOURCE_UNAVAILABLE', `${code}: busy.`, { retry: 'later' })
      return answer.text()
    },
    { attempts: 5, signal },
  )
}
