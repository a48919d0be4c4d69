import type { Clock, Json } from '@millrace/etl-core'

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

/** A way to hand on, and how long before the deadline the run must be over for it. */
export interface TimedHandOn extends HandOn {
  reserveMs(): number
}

/** Before it was ever done: the SDK is imported, a connection made, an answer waited for. */
const firstHandOnMs = 500

/** Learns how long handing on takes: twice the slowest so far is kept free for the next. */
export function timedHandOn(handOn: HandOn, clock: Clock): TimedHandOn {
  let slowestMs = 0
  return {
    name: handOn.name,
    async send(event, to) {
      const startedAtMs = clock.now()
      await handOn.send(event, to)
      slowestMs = Math.max(slowestMs, clock.now() - startedAtMs)
    },
    reserveMs: () => Math.max(firstHandOnMs, 2 * slowestMs),
  }
}
