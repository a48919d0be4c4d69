import { RecordError, SourceError } from '@millrace/etl-core'
import type { Answer, Outcome } from './ask.js'
import type { RunTime } from './run-time.js'

/**
 * Why a plant has no reading, as a reject. A source's code in a record's error: it cost this record and no other. Texts name no plant,
 * the position does, so that rejects of one reason are counted together.
 */
export function unreadError(outcome: Extract<Outcome, { kind: 'fault' | 'failed' | 'late' }>, budgetMs: number): RecordError {
  switch (outcome.kind) {
    case 'fault':
      return new RecordError('ETL_SOURCE_UNAVAILABLE', 'plant sensor fault, at every attempt', {
        retry: 'exhausted',
        cause: outcome.error,
      })
    case 'failed':
      return new RecordError(outcome.error.code, `not read: ${outcome.garbled ? garbledText : withoutAddress(outcome.error)}`, {
        retry: outcome.error.retry,
        cause: outcome.error,
      })
    case 'late': {
      const text = outcome.faulted ? `plant sensor fault, and ${lateText(budgetMs)}` : lateText(budgetMs)
      return new RecordError('ETL_SOURCE_UNAVAILABLE', text, { retry: 'exhausted' })
    }
  }
}

const garbledText = 'the answer was cut off or is no JSON'

const lateText = (budgetMs: number) => `no answer within the ${budgetMs} ms that a run may ask for plants`

/** Of `GET http://…/17 answered 502 …` what holds for other plants, too. */
const withoutAddress = ({ message, context }: SourceError) => message.replace(`${context?.method} ${context?.url} `, '')

/**
 * A plant that fails costs itself. When nothing answers, it is not the plants: the split fails with the API's error.
 *
 * @throws SourceError when not one of several plants was answered, or nothing was in the whole run.
 */
export function refuseSilence(answers: readonly Answer[], time: RunTime, apiUrl: string, budgetMs: number): void {
  const errors = answers.flatMap(({ outcome }) => (outcome.kind === 'failed' ? [outcome.error] : []))
  const late = answers.filter(({ outcome }) => outcome.kind === 'late').length
  const [first] = errors
  if (first && errors.length > 1 && errors.length === answers.length) throw first
  if (time.answered || errors.length + late < answers.length) return
  throw first ?? budgetError(apiUrl, budgetMs)
}

function budgetError(apiUrl: string, budgetMs: number): SourceError {
  return new SourceError(
    'ETL_SOURCE_UNAVAILABLE',
    `The plants API at ${apiUrl} gave ${lateText(budgetMs)}. If it is only slow, raise the budget.`,
    { retry: 'exhausted', context: { apiUrl, budgetMs } },
  )
}
