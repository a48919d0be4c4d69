import type { Around, WrappedCall } from '@millrace/etl-testkit/cases'

/** A process of a test: what it does may end at a call. */
export interface Mortal {
  readonly around: Around
  readonly dead: boolean
  readonly calls: readonly WrappedCall[]
}

/** Where a process ends. */
export interface Death {
  /** The call's number, from 1. 0: it lives. */
  readonly at: number
  readonly when: 'before' | 'after'
}

/** A process that dies before a call, or after it and before its answer; from then on nothing it does has any effect. */
export function mortal({ at, when }: Death, within: Around = (_, act) => act()): Mortal {
  const calls: WrappedCall[] = []
  let dead = false
  const refuse = () => new Error(`the process died at call ${at}`)
  const die = () => {
    dead = true
    throw refuse()
  }
  return {
    calls,
    get dead() {
      return dead
    },
    async around(call, act) {
      if (dead) throw refuse()
      const number = calls.push(call)
      if (number === at && when === 'before') die()
      const value = await within(call, async () => {
        if (dead) throw refuse()
        return act()
      })
      if (dead) throw refuse()
      if (number === at) die()
      return value
    },
  }
}
