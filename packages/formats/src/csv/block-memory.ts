import { blockBytes } from '../blocks.js'

/** What a block of CSV lies in. */
export interface BlockMemory {
  bytes: Buffer
  ends: Int32Array
}

/** A block and what came behind it. */
const usualBytes = 2 * blockBytes
/** One is filled, one is waited for, one is worked on; more are not kept. */
const mostKept = 3

/**
 * Memory for blocks, used again once they were let go of. Blocks that are not let go of are left to the garbage collector, which sees so little of a
 * buffer that it comes too seldom for its memory, and too often for its work.
 */
export class BlockMemories {
  readonly #free: BlockMemory[] = []

  take(): BlockMemory {
    return this.#free.pop() ?? { bytes: Buffer.allocUnsafeSlow(usualBytes), ends: new Int32Array(0) }
  }

  giveBack(memory: BlockMemory): void {
    // What a long record has made larger is not worth to be kept.
    if (memory.bytes.length === usualBytes && this.#free.length < mostKept) this.#free.push(memory)
  }
}
