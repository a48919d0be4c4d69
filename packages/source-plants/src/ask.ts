import { isEtlError, type SourceError, type SplitContext } from '@millrace/etl-core'
import { type HttpReader, httpReader, isHttpReader } from '@millrace/http'
import { answeredAtMs, type Meaning, meaningOf, verdictOf } from './answers.js'
import type { Settings } from './options.js'
import type { RunTime } from './run-time.js'

/** What came of asking for one plant, all attempts together. */
export interface Answer {
  readonly id: number
  readonly outcome: Outcome
  /** Answers that spoke of a sensor fault, those that a further attempt made good included. */
  readonly faults: number
  readonly bytes: number
}

export type Outcome =
  | { readonly kind: 'plant'; readonly body: unknown; readonly answeredAtMs: number }
  | { readonly kind: 'hole' }
  | { readonly kind: 'loan' }
  /** Every attempt met a sensor fault. The API works, this plant does not. */
  | { readonly kind: 'fault'; readonly error: SourceError }
  /** No answer of the API's own came. `garbled`: what came had a good status, and was not JSON. */
  | { readonly kind: 'failed'; readonly error: SourceError; readonly garbled: boolean }
  /** The budget was used up before there was an answer, or before there was another one than sensor faults. */
  | { readonly kind: 'late'; readonly faulted: boolean }

/** What asking needs. */
export interface Asking {
  readonly reader: HttpReader
  readonly settings: Settings
  readonly ctx: SplitContext
  readonly time: RunTime
  /** Ends with the run's own signal, and with its budget. */
  readonly signal: AbortSignal
}

/**
 * Asks for one plant until there is an answer that further attempts would not change.
 *
 * @throws The run's signal's reason once that is aborted; what is no error of reading.
 */
export async function askPlant(id: number, { reader, settings, ctx, time, signal }: Asking): Promise<Answer> {
  /** What the newest attempt's answer meant; none may have come. */
  const last: { meaning: Meaning; garbled: boolean } = { meaning: { kind: 'foreign' }, garbled: false }
  let faults = 0
  const outcome = await reader
    .request(`${settings.apiUrl}/${id}`, {
      signal,
      classify(response) {
        last.meaning = meaningOf(response)
        const { kind } = last.meaning
        last.garbled = kind === 'foreign' && response.status < 300
        if (kind === 'fault') faults++
        if (kind !== 'foreign' && kind !== 'error') time.answered = true
        return verdictOf(last.meaning, response.status)
      },
      onRetry({ error }) {
        last.meaning = { kind: 'foreign' }
        last.garbled = false
        ctx.progress.retried(`plant ${id}`, error)
      },
    })
    .then(
      response => ({ ...outcomeOf(last.meaning, answeredAtMs(response) ?? ctx.clock.now()), bytes: response.body.length }),
      (error: unknown) => {
        ctx.signal.throwIfAborted()
        if (signal.aborted) return { kind: 'late' as const, faulted: faults > 0, bytes: 0 }
        if (!isEtlError(error) || !error.code.startsWith('ETL_SOURCE_')) throw error
        if (last.meaning.kind === 'fault') return { kind: 'fault' as const, error, bytes: 0 }
        return { kind: 'failed' as const, error, garbled: last.garbled, bytes: 0 }
      },
    )
  const { bytes, ...rest } = outcome
  return { id, outcome: rest, faults, bytes }
}

/** Only what `verdictOf` calls ok comes here. */
function outcomeOf(meaning: Meaning, atMs: number): Outcome {
  return meaning.kind === 'plant'
    ? { kind: 'plant', body: meaning.body, answeredAtMs: atMs }
    : { kind: meaning.kind === 'loan' ? 'loan' : 'hole' }
}

/** An answer has about 2 KB. */
const maxBodyBytes = 1024 * 1024

/** The reader a source uses. Half of a retry's wait is random, so plants that failed together are not asked for again together. */
export function readerOf({ client, timeoutMs, retry, concurrency, requestsPerSecond }: Settings): HttpReader {
  if (isHttpReader(client)) return client
  return httpReader({
    timeoutMs,
    retry: { attempts: retry?.attempts ?? 6, firstMs: retry?.firstMs ?? 250, maxMs: retry?.maxMs ?? 5_000 },
    concurrency,
    requestsPerSecond,
    maxBodyBytes,
    dispatcher: client,
  })
}
