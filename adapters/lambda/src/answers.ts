import type { ErrorJson, Json, RunReport } from '@millrace/etl-core'

/** The report of a run. Of one that stopped before its deadline and was not handed on, `again` is the event it goes on with. */
export type ParamsAnswer = RunReport & { readonly again?: Json }

/** What several runs came to, in the order of the event's records. */
export interface RunsAnswer {
  readonly runs: readonly RunReport[]
  /** Records that start nothing, on purpose, each with its reason. */
  readonly leftOut: readonly string[]
}

/**
 * Which messages a queue is to deliver again. An empty list: none.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting (read 2026-11)
 */
export interface QueueAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

/** The answer to a request. `body` is JSON: a report, `{ loadId }` of a load that goes on elsewhere, or `{ error }`. */
export interface HttpAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What a handler answers: by the kind of event, a report, several, a queue's or a request's answer. */
export type LambdaAnswer = ParamsAnswer | RunsAnswer | QueueAnswer | HttpAnswer

/** The answer to a request. */
export function httpAnswer(statusCode: number, body: object): HttpAnswer {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** The status of a request that failed: who must act. */
export function statusOf({ code, retry }: ErrorJson): number {
  if (code === 'ETL_PARAMS_INVALID' || code === 'ETL_EVENT_UNKNOWN') return 400
  if (code === 'ETL_STATE_CONFLICT') return 409
  return retry === 'later' ? 503 : 500
}
