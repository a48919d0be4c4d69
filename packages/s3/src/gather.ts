/** A part of a stream. */
export interface Part {
  /** Its buffer may be used again once it was sent: see `free`. */
  readonly bytes: Uint8Array
  /** Nothing comes after it. */
  readonly last: boolean
  /** Gives the buffer back for a later part. */
  free(): void
}

const smallestBuffer = 64 * 1024

/**
 * Cuts a stream into parts of the sizes asked for; the last one may be shorter, and is empty for an empty stream. A part is filled when it
 * is asked for. Chunks are copied: whoever made them may use them again. What ends first, this or the stream, ends the other.
 *
 * @param sizeOf - The size of the nth part, from 1.
 * @param check - Called for each chunk; what it throws ends the stream.
 */
export async function* gather(
  body: AsyncIterable<Uint8Array>,
  sizeOf: (number: number) => number,
  check: () => void,
): AsyncGenerator<Part, void> {
  const spare: Buffer[] = []
  let number = 1
  let size = sizeOf(number)
  // The first part is often the only one, and small.
  let buffer: Buffer = Buffer.allocUnsafe(Math.min(size, smallestBuffer))
  let used = 0
  const part = (last: boolean): Part => {
    const full = buffer
    return { bytes: full.subarray(0, used), last, free: () => spare.push(full) }
  }

  for await (const chunk of body) {
    check()
    for (let at = 0; at < chunk.length; ) {
      if (used === size) {
        yield part(false)
        size = sizeOf(++number)
        buffer = spareOf(spare, size)
        used = 0
      }
      const count = Math.min(chunk.length - at, size - used)
      if (used + count > buffer.length) buffer = grown(buffer, used, Math.min(size, Math.max(used + count, 2 * buffer.length)))
      buffer.set(chunk.subarray(at, at + count), used)
      used += count
      at += count
    }
  }
  yield part(true)
}

function spareOf(spare: Buffer[], size: number): Buffer {
  const found = spare.pop()
  return found?.length === size ? found : Buffer.allocUnsafe(size)
}

function grown(buffer: Buffer, used: number, size: number): Buffer {
  const larger = Buffer.allocUnsafe(size)
  larger.set(buffer.subarray(0, used))
  return larger
}

/** Bytes at hand as parts, without copying. */
export async function* slices(bytes: Uint8Array, sizeOf: (number: number) => number): AsyncGenerator<Part, void> {
  let at = 0
  for (let number = 1; at < bytes.length; number++) {
    const end = Math.min(bytes.length, at + sizeOf(number))
    yield { bytes: bytes.subarray(at, end), last: end === bytes.length, free() {} }
    at = end
  }
}
