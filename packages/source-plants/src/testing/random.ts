import { createHash } from 'node:crypto'

/** A number from 0 up to 1 that is always the same for the same parts, and looks random. */
export type Chance = (...parts: readonly (string | number)[]) => number

/** Chances that do not depend on the order they are asked in: requests come in parallel, and answers must not differ for that. */
export function chanceOf(seed: string | number): Chance {
  return (...parts) => {
    const digest = createHash('sha256')
      .update(JSON.stringify([seed, ...parts]))
      .digest()
    return digest.readUIntBE(0, 6) / 2 ** 48
  }
}

/** One of several. */
export function pick<T>(from: readonly [T, ...T[]], chance: number): T {
  return from[Math.floor(chance * from.length)] ?? from[0]
}
