import type { Agent } from 'undici'

let shared: { readonly agent: Promise<Agent>; users: number } | undefined

/** A reader's hold on the connections that all readers of the process use. */
export interface AgentUse {
  agent(): Promise<Agent>
  /** Lets go of it. The last one closes the connections, and waits for requests on the way. */
  release(): Promise<void>
}

/**
 * One agent for all readers without a dispatcher of their own: each run makes its readers anew, and in the next one of the same process,
 * such as the next invocation of a Lambda, connections that are still open are used again. undici loads at first use.
 */
export function agentUse(): AgentUse {
  let mine: typeof shared
  return {
    agent() {
      if (!mine) {
        shared ??= { agent: import('undici').then(({ Agent }) => new Agent()), users: 0 }
        mine = shared
        mine.users++
      }
      return mine.agent
    },
    async release() {
      const held = mine
      mine = undefined
      if (!held || --held.users > 0) return
      if (shared === held) shared = undefined
      await (await held.agent).close()
    },
  }
}
