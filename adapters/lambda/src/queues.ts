import { quietly } from '@millrace/aws'
import { hashOf } from '@millrace/etl-core'
import type { DeadLetters } from './dead-letters.js'
import type { HandOn } from './hand-on.js'
import { missing, once } from './sdk.js'

/** An attribute of a message may be longer; a reason need not be. */
const mostReasonLength = 1_000

/** Attributes are XML text: what XML cannot hold is refused. @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html (read 2026-11) */
const notXml = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu

/**
 * Hands on by a message in a queue that invokes the function. The role needs `sqs:SendMessage`. In a FIFO queue
 * (`.fifo`) each message is of a group of its own.
 *
 * @param queueUrl - `https://sqs.<region>.amazonaws.com/<account>/<name>`
 */
export function sendToQueue(queueUrl: string): HandOn {
  const client = sqs()
  return {
    name: `a message in ${nameOf(queueUrl)}`,
    async send(event) {
      const { sdk, SendMessageCommand } = await client()
      const body = JSON.stringify(event)
      await sdk.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, ...inTurn(queueUrl, body) }))
    },
  }
}

/**
 * Keeps messages that can never be run in a queue, with the reason in the attributes `code` and `reason`, and the message's id in
 * `messageId`. The role needs `sqs:SendMessage`.
 */
export function deadLetterQueue(queueUrl: string): DeadLetters {
  const client = sqs()
  const text = (value: string) => ({ DataType: 'String', StringValue: value.replace(notXml, '�').slice(0, mostReasonLength) })
  return {
    async send({ id, body }, { code, message }) {
      const { sdk, SendMessageCommand } = await client()
      await sdk.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: body,
          MessageAttributes: { code: text(code), reason: text(message), messageId: text(id) },
          ...inTurn(queueUrl, id),
        }),
      )
    },
  }
}

const sqs = () =>
  once(async () => {
    const { SendMessageCommand, SQSClient } = await import('@aws-sdk/client-sqs').catch(missing('@aws-sdk/client-sqs'))
    return { sdk: quietly(() => new SQSClient({})), SendMessageCommand }
  })

/** A FIFO queue takes no message without a group, and none twice within five minutes. */
function inTurn(
  queueUrl: string,
  unique: string,
): { readonly MessageGroupId?: string; readonly MessageDeduplicationId?: string } {
  if (!queueUrl.endsWith('.fifo')) return {}
  const id = hashOf(unique, 32)
  return { MessageGroupId: id, MessageDeduplicationId: id }
}

const nameOf = (queueUrl: string): string => queueUrl.split('/').at(-1) ?? queueUrl
