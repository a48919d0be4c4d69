import { setImmediate as settled, setTimeout as sleep } from 'node:timers/promises'
import type { Around } from '@millrace/etl-testkit/cases'

/** Which of several runs makes its next calls, and how many of them. */
export interface Turn {
  readonly who: number
  readonly calls: number
  /** Before the turn begins: every lease that is held runs out. */
  readonly expires?: boolean
  /** Before the turn begins: the source has newer data. */
  readonly newer?: boolean
}

/** A story has some thousand calls; one that has more goes round in circles. */
const callsAtMost = 20_000
/** Looks, a millisecond apart, at runs of which none makes a call: they wait for timers of a few milliseconds at most. */
const idleAtMost = 5_000

/** Runs in one process whose every call waits for its turn. */
export interface Turns {
  /** Goes around the parts of one run. */
  around(who: number): Around
  /** Gives turns until the work is done; after the last one whoever waits longest goes on. */
  give(turns: readonly Turn[], work: Promise<unknown>, before: (turn: Turn) => Promise<void>): Promise<void>
  /** What was called in which order: for people who look at a failing case. */
  readonly calls: readonly string[]
}

interface Waiting {
  readonly who: number
  readonly name: string
  go(): void
}

/** Nothing runs but what has its turn: between two turns all runs wait in a call, so one list of turns gives one course of events. */
export function takeTurns(): Turns {
  const waiting: Waiting[] = []
  const calls: string[] = []
  let done = false

  /** What follows from the last call has happened, down to the next one. */
  const quiet = async () => {
    for (let seen = -1; seen !== waiting.length; ) {
      seen = waiting.length
      await settled()
      await settled()
    }
  }
  const next = async (who: number | undefined): Promise<boolean> => {
    await quiet()
    const at = waiting.findIndex(each => who === undefined || each.who === who)
    if (at < 0) return false
    const [chosen] = waiting.splice(at, 1) as [Waiting]
    calls.push(`${chosen.who}: ${chosen.name}`)
    chosen.go()
    return true
  }

  return {
    calls,
    around: who => async (call, act) => {
      await new Promise<void>(go => waiting.push({ who, name: `${call.on}.${call.name} ${call.about}`, go }))
      return act()
    },
    async give(turns, work, before) {
      const ended = work.finally(() => {
        done = true
      })
      ended.catch(() => undefined)
      for (const turn of turns) {
        if (done) break
        await before(turn)
        for (let left = turn.calls; left > 0 && (await next(turn.who)); left--);
      }
      for (let idle = 0; !done; ) {
        if (await next(undefined)) idle = 0
        else if (++idle > idleAtMost) throw new Error('No run goes on: each waits for something that does not come.')
        else await Promise.race([sleep(1), ended])
        if (calls.length > callsAtMost) throw new Error(`The runs do not end: ${calls.slice(-40).join('; ')}`)
      }
      await ended
    },
  }
}
