import type { RunReport } from '@millrace/etl-core'
import { type Act, type CrashOptions, type CrashWorld, runAct, type Who } from './world.js'

/** How far a process got. */
export interface Told {
  /** Of the last act it ran; absent if nothing was left to do. */
  readonly report?: RunReport
  /** Its calls of the first act it ran. */
  readonly firstActCalls: number
}

/** The runs of one world, in their order: each process goes on where the one before has not ended. */
export interface Story {
  /** Nothing is left to do. */
  readonly ended: boolean
  /** Runs what is left, up to an act that does not end well. Rejects as `run` does. */
  goOn(who: Who): Promise<Told>
}

/** A load; a load of what is new, if there is something; a replay, if what rejects was mended. */
export function storyOf<T, U>(world: CrashWorld<T, U>, options: CrashOptions<T, U>): Story {
  const acts: Act[] = [
    'load',
    ...(world.next ? (['second load'] as const) : []),
    ...(options.mended ? (['replay'] as const) : []),
  ]
  let at = 0
  let renewed = false
  const prepare = async (act: Act | undefined) => {
    if (act !== 'second load' || renewed) return
    renewed = true
    await world.next?.()
  }
  return {
    get ended() {
      return at === acts.length
    },
    async goOn(who) {
      let report: RunReport | undefined
      let firstActCalls: number | undefined
      for (let mine = at; at < acts.length; mine = at) {
        const act = acts[mine] as Act
        await prepare(act)
        report = await runAct(world, options, act, who)
        firstActCalls ??= who.life.calls.length
        // Others went on while this process was held up, or it did not get to the end.
        if (at !== mine || !isDone(report)) break
        at++
      }
      return { ...(report === undefined ? {} : { report }), firstActCalls: firstActCalls ?? 0 }
    },
  }
}

/** Nothing of it is left to do. */
export const isDone = ({ status }: RunReport): boolean => status === 'succeeded' || status === 'unchanged'

/** How a run ended, for people. */
export const endingOf = ({ status, error, reason }: RunReport): string => `${status}: ${error?.message ?? reason ?? ''}`
