import { errorJson, isEtlError } from '@millrace/etl-core'
import type { QueueAnswer } from './answers.js'
import type { DeadLetters } from './dead-letters.js'
import { messageOf, ofMessage } from './events/messages.js'
import { understand } from './events/understand.js'
import { isObject, notUnderstood, textOf } from './events/unknown.js'
import type { Invocation } from './invocation.js'
import { isLeft, runEach } from './run-asked.js'
import { isGone, reasonOf } from './run-failed.js'

/** With less time left no other message is begun: it would be stopped before it has done anything. */
const leastLeftMs = 2_000

/** Whether an event is a batch of a queue's messages. */
export const isQueueBatch = (event: Readonly<Record<string, unknown>>): event is { readonly Records: readonly SqsRecord[] } =>
  Array.isArray(event.Records) &&
  event.Records.length > 0 &&
  event.Records.every(record => isObject(record) && record.eventSource === 'aws:sqs')

type SqsRecord = Readonly<Record<string, unknown>>

/**
 * Runs the messages of a batch one after the other, and answers with those that are to come again: failed ones, those that have work left and
 * were not handed on, those there was no time for. In a FIFO queue nothing of a message group is begun behind one of them.
 *
 * A message that can never be run (no JSON, parameters that are not valid, an object that is gone) goes to `deadLetters` with its reason, where there are such;
 * else it comes again until the queue's own redrive policy takes it away. Either way the others of its batch are not kept waiting.
 *
 * @throws EtlError `ETL_EVENT_UNKNOWN` for a record without a message id, before anything is begun: the whole batch comes again.
 */
export async function runQueueBatch(
  records: readonly SqsRecord[],
  invocation: Invocation,
  deadLetters: DeadLetters | undefined,
): Promise<QueueAnswer> {
  const failures: { itemIdentifier: string }[] = []
  const waiting = new Set<string>()
  for (const { record, id, group } of identified(records, invocation)) {
    const inTurn = group === undefined || !waiting.has(group)
    const done = inTurn && enoughTime(invocation) && (await runMessage(record, invocation, deadLetters))
    if (done) continue
    failures.push({ itemIdentifier: id })
    if (group !== undefined) waiting.add(group)
  }
  return { batchItemFailures: failures }
}

/** An id that is empty or unknown would make the whole batch come again (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html, read 2026-11). */
function identified(
  records: readonly SqsRecord[],
  { pipeline, line }: Invocation,
): readonly { readonly record: SqsRecord; readonly id: string; readonly group: string | undefined }[] {
  return records.map(record => {
    const id = textOf(record.messageId)
    if (id === undefined) {
      const error = notUnderstood(pipeline.name, 'a batch of a queue with a record that has no messageId', record)
      line('ERROR', 'invocation failed', { error: errorJson(error) })
      throw error
    }
    return { record, id, group: isObject(record.attributes) ? textOf(record.attributes.MessageGroupId) : undefined }
  })
}

const enoughTime = ({ remainingMs }: Invocation): boolean => (remainingMs() ?? Number.POSITIVE_INFINITY) >= leastLeftMs

/** Whether the message is done with. Never throws: one message must not keep the others waiting. */
async function runMessage(record: SqsRecord, invocation: Invocation, deadLetters: DeadLetters | undefined): Promise<boolean> {
  const { pipeline, line } = invocation
  const message = messageOf(record)
  const told = (error: unknown) => line('ERROR', `message ${message.id} failed`, { error: errorJson(error) })
  let errors: readonly unknown[]
  let forGood: boolean
  try {
    const { asked } = ofMessage(pipeline, message, body => understand(pipeline, body))
    const { ends, failures } = await runEach(asked, invocation)
    if (failures.length === 0) return !ends.some(isLeft)
    errors = failures.map(({ error }) => error)
    forGood = failures.every(({ asked, error }) => isMessagesFault(error) || isGone(error, asked.from))
  } catch (error) {
    errors = [error]
    forGood = isMessagesFault(error)
  }
  for (const error of errors) told(error)
  // What may pass is tried again first; what is done by then changes nothing.
  if (!deadLetters || !forGood) return false
  return deadLetters.send(message, reasonOf(errors[0])).then(
    () => true,
    second => {
      line('ERROR', `message ${message.id} could not be put to the dead letters`, { error: errorJson(second) })
      return false
    },
  )
}

const isMessagesFault = (error: unknown): boolean =>
  isEtlError(error, 'ETL_PARAMS_INVALID') || isEtlError(error, 'ETL_EVENT_UNKNOWN')
