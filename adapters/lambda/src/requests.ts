import { randomUUID } from 'node:crypto'
import { ConfigError, parseParams } from '@millrace/etl-core'
import { type HttpAnswer, httpAnswer, statusOf } from './answers.js'
import { cutText } from './cut.js'
import type { Asked } from './events/asked.js'
import { eventFor } from './events/direct.js'
import { refuseUnknownParams } from './events/known-params.js'
import { ofRequest } from './events/requests.js'
import { fitted } from './fit-answer.js'
import type { Invocation } from './invocation.js'
import { runAsked } from './run-asked.js'
import { isTold, RunFailed, reasonOf } from './run-failed.js'

/** What a request is answered with: the report once the run has ended, or the load's id at once, while another invocation runs it. */
export type AnswerRequests = 'report' | 'accepted'

/** Answers a request. Never throws: whoever asked is told. */
export async function answerRequest(
  event: Readonly<Record<string, unknown>>,
  invocation: Invocation,
  how: AnswerRequests,
): Promise<HttpAnswer> {
  try {
    const { asked } = ofRequest(invocation.pipeline, event)
    const [one] = asked
    if (!one) return { ...httpAnswer(204, {}), body: '' }
    return how === 'accepted' ? await accepted(one, invocation) : await reported(one, invocation)
  } catch (error) {
    const told = reasonOf(error)
    if (!isTold(error, invocation)) invocation.line('ERROR', 'request failed', { error: told })
    const report = error instanceof RunFailed ? { report: fitted(error.report, bodyBytes(invocation)) } : {}
    return httpAnswer(statusOf(told), {
      error: { code: told.code, message: cutText(told.message), retry: told.retry },
      ...report,
    })
  }
}

async function reported(asked: Asked, invocation: Invocation): Promise<HttpAnswer> {
  const { report, left } = await runAsked(asked, invocation)
  return httpAnswer(left ? 202 : 200, fitted(report, bodyBytes(invocation)))
}

/** A body is text in the answer's JSON, so its quotes are escaped there. */
const bodyBytes = ({ mostAnswerBytes }: Invocation): number => Math.floor(mostAnswerBytes / 2)

async function accepted(asked: Asked, { handOn, functionArn, pipeline }: Invocation): Promise<HttpAnswer> {
  if (!handOn)
    throw new ConfigError(
      'ETL_CONFIG_INVALID',
      `Pipeline "${pipeline.name}": requests can be accepted before they are run only with \`handOn\`.`,
    )
  // Nobody would be told later.
  refuseUnknownParams(pipeline, asked.params)
  await parseParams(pipeline, asked.params)
  const loadId = asked.loadId ?? `request ${randomUUID()}`
  await handOn.send(eventFor({ ...asked, loadId }, { times: 0, progress: null, inVain: 0 }), { functionArn })
  return httpAnswer(202, { loadId })
}
