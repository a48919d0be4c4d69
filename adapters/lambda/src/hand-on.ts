import type { Json } from '@millrace/etl-core'

/** How a load that has to stop goes on in another invocation. */
export interface HandOn {
  /** For logs: `invocation of itself`. */
  readonly name: string
  /**
   * Sees to it that this function is invoked with this event, after this invocation. Returns when that is certain.
   *
   * @param event - A JSON object of a few hundred bytes and the parameters.
   * @throws When it is not: the invocation fails then, and what called it may try again.
   */
  send(event: Json, to: HandOnContext): Promise<void>
}

/** Who hands on. */
export interface HandOnContext {
  /** The function's ARN or name, with the alias or version it was called by. */
  readonly functionArn: string | undefined
}
