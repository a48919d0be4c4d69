/**
 * One case of a contract: a sentence that is true of every correct implementation, and a way to find out. Cases are plain data, so they
 * run under any test runner, or by hand.
 */
export interface ContractCase {
  /** The sentence. */
  readonly name: string
  /** Why the case cannot run: what the suite was not given. */
  readonly skip?: string
  /**
   * Runs the case in a world of its own. Rejects when the sentence is not true. Resolves to a reason when the declared capabilities
   * rule the case out.
   */
  run(): Promise<string | undefined>
}

/** Thrown inside a case that the declared capabilities rule out; becomes the reason that `run` resolves to. */
class RuledOut extends Error {}

/** Ends a case that the declared capabilities rule out. */
export function ruledOut(reason: string): never {
  throw new RuledOut(reason)
}

/** Ends a case if `reason` says why it does not apply. */
export function unless(applies: boolean, reason: string): void {
  if (!applies) ruledOut(reason)
}

/** A case from its body. With `skip` it is only listed. */
export function contractCase(name: string, body: () => Promise<void>, skip?: string | false): ContractCase {
  return {
    name,
    ...(skip ? { skip } : {}),
    async run() {
      try {
        await body()
        return undefined
      } catch (error) {
        if (error instanceof RuledOut) return error.message
        throw error
      }
    },
  }
}
