import type { Invoked } from './start-lambda.js'

/** A message as SQS hands it out: what `ReceiveMessage` of the SDK returns. */
export interface QueuedMessage {
  readonly MessageId?: string | undefined
  readonly ReceiptHandle?: string | undefined
  readonly Body?: string | undefined
  readonly Attributes?: Readonly<Record<string, string>> | undefined
  readonly MessageAttributes?:
    | Readonly<Record<string, { readonly StringValue?: string | undefined; readonly DataType: string | undefined }>>
    | undefined
}

/** What is asked of a queue: two calls, made with whatever client a test has. */
export interface PolledQueue {
  /** Up to so many messages, with all their attributes; none when there are none now. */
  receive(most: number): Promise<readonly QueuedMessage[]>
  remove(receiptHandle: string): Promise<unknown>
  /** Makes a message that failed visible at once, where a test does not want to wait for its visibility timeout. */
  giveBack?(receiptHandle: string): Promise<unknown>
}

/** One batch that was handed to the function. */
export interface PolledBatch {
  readonly received: readonly string[]
  /** Those that will not come again. */
  readonly removed: readonly string[]
  readonly result: Invoked
}

/**
 * Hands one batch of a queue to a function, as an event source mapping with `ReportBatchItemFailures` does it: messages that are done with are
 * removed, the others come again when their visibility timeout is over. `undefined` when there are no messages now.
 */
export async function pollQueue(
  queue: PolledQueue,
  invoke: (event: unknown) => Promise<Invoked>,
  { batchSize = 10, arn = 'arn:aws:sqs:eu-west-2:123456789012:queue' } = {},
): Promise<PolledBatch | undefined> {
  const messages = await queue.receive(batchSize)
  if (messages.length === 0) return undefined
  const result = await invoke({ Records: messages.map(message => recordOf(message, arn)) })
  const ids = messages.map(({ MessageId }) => String(MessageId))
  const failed = failedOf(result, ids)
  for (const message of messages) {
    const handle = String(message.ReceiptHandle)
    if (failed.has(String(message.MessageId))) await queue.giveBack?.(handle)
    else await queue.remove(handle)
  }
  return { received: ids, removed: ids.filter(id => !failed.has(id)), result }
}

/**
 * The messages that come again. No failures named: none; an answer that cannot be understood, or names what was not in the batch: all.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html (success and failure conditions, read 2026-12)
 */
function failedOf({ answer, error }: Invoked, ids: readonly string[]): ReadonlySet<string> {
  const all = new Set(ids)
  if (error) return all
  if (answer === null || answer === undefined) return new Set()
  if (typeof answer !== 'object') return all
  const { batchItemFailures } = answer as { readonly batchItemFailures?: unknown }
  if (batchItemFailures === null || batchItemFailures === undefined) return new Set()
  if (!Array.isArray(batchItemFailures)) return all
  const named = batchItemFailures.map(each => (each as { readonly itemIdentifier?: unknown } | null)?.itemIdentifier)
  return named.every(id => typeof id === 'string' && all.has(id)) ? new Set(named as string[]) : all
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html (read 2026-12) */
function recordOf({ MessageId, ReceiptHandle, Body, Attributes, MessageAttributes = {} }: QueuedMessage, arn: string): object {
  const attributes = Object.entries(MessageAttributes).map(([name, { StringValue, DataType }]) => {
    return [name, { stringValue: StringValue, stringListValues: [], binaryListValues: [], dataType: DataType }]
  })
  return {
    ...{ messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, attributes: Attributes ?? {} },
    messageAttributes: Object.fromEntries(attributes),
    ...{ eventSource: 'aws:sqs', eventSourceARN: arn, awsRegion: 'eu-west-2' },
  }
}
