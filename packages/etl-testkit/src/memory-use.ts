import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Runs the garbage collector, so that what is counted afterwards is really held. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

/** Bytes held outside the JavaScript heap, in buffers, once garbage is gone. */
export function heldBufferBytes(): number {
  // Buffers are swept beside the program; a second collection waits for the sweeping of the first.
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}
