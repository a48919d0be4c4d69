import type { Json } from './json.js'

/** What one of the sinks made of its part: a receipt, or what `survey` found. */
export function sideOf(joint: Json | undefined, side: number): Json | undefined {
  return (joint as unknown as { readonly sides: readonly Json[] } | undefined)?.sides[side]
}

/** Waits for all, whatever becomes of one: no writer may still be at work when the next call comes. Then throws the first error. */
export async function all<S, V>(sides: readonly S[], act: (side: S, index: number) => Promise<V>): Promise<V[]> {
  const ended = await Promise.allSettled(sides.map(async (side, index) => act(side, index)))
  for (const each of ended) if (each.status === 'rejected') throw each.reason
  return ended.map(each => (each as PromiseFulfilledResult<V>).value)
}
