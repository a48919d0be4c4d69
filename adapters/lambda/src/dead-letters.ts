import type { ErrorJson, MessageEvent } from '@millrace/etl-core'

/** Where messages go that can never be run. */
export interface DeadLetters {
  /** Keeps a message with its reason. @throws When it could not: the message then comes again. */
  send(message: MessageEvent, why: ErrorJson): Promise<void>
}
