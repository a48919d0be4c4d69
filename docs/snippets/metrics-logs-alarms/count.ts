import { countRequest } from '@millrace/etl-core'

/** The price of an article, as a service of ours tells it; in the report as a request to `prices`. */
export async function priceOf(article: string, signal: AbortSignal): Promise<number> {
  countRequest('prices', 'GET')
  const response = await fetch(`https://prices.example.com/${article}`, { signal })
  return Number(await response.text())
}
