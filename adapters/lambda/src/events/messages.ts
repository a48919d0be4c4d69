import type { MessageEvent, Pipeline } from '@millrace/etl-core'
import { type Asked, askedWith, type Understood } from './asked.js'
import { besides, ofParams } from './direct.js'
import { isObject, notUnderstood, textOf } from './unknown.js'

/**
 * A message of a queue. One whose body is an event of another kind, as S3 and event buses send them to queues, is understood as that.
 *
 * @param inner - Understands the body.
 */
export function ofMessage(pipeline: Pipeline, message: MessageEvent, inner: (body: unknown) => Understood): Understood {
  const from = `message ${message.id}`
  const { message: trigger } = pipeline.triggers
  const { body, problem } = parsed(message)
  // Sent by an invocation of this very pipeline. A load without an identity goes on without one.
  if (isObject(body) && besides in body) return ofParams(pipeline, body)
  if (trigger) return askedWith(trigger(message), { from, loadId: from })
  if (problem !== undefined) throw notUnderstood(pipeline.name, `${from}, whose body is no JSON (${problem})`, undefined)
  const understood = inner(body)
  // What has no identity of its own has that of its message: a queue may deliver it again.
  return { ...understood, asked: understood.asked.map((each): Asked => ({ ...each, loadId: each.loadId ?? from })) }
}

/** Of what is wrong with it without its text, which the engine's message goes on with. */
function parsed({ body }: MessageEvent): { readonly body?: unknown; readonly problem?: string } {
  try {
    return { body: JSON.parse(body) }
  } catch (error) {
    return { problem: (error as Error).message.split(',')[0] as string }
  }
}

/** A record of an SQS event. @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html (read 2026-11) */
export function messageOf(record: Readonly<Record<string, unknown>>): MessageEvent {
  return {
    id: String(record.messageId),
    body: String(record.body),
    attributes: attributesOf(record.messageAttributes, 'stringValue'),
  }
}

/** A record of an SNS event. @see https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html (read 2026-11) */
export function notificationOf({ Sns }: Readonly<Record<string, unknown>>): MessageEvent {
  const sns = isObject(Sns) ? Sns : {}
  return { id: String(sns.MessageId), body: String(sns.Message), attributes: attributesOf(sns.MessageAttributes, 'Value') }
}

function attributesOf(attributes: unknown, field: string): Readonly<Record<string, string>> {
  if (!isObject(attributes)) return {}
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) => {
      const text = isObject(value) ? textOf(value[field]) : undefined
      return text === undefined ? [] : [[name, text]]
    }),
  )
}
