import { createGunzip, createGzip, type Gunzip, gzipSync } from 'node:zlib'
import type { FormatInput } from '@millrace/etl-core'
import { fromZlib, malformed } from './errors.js'

/** zlib's own 16 KiB make unpacking 2.3 times slower. */
const chunkSize = 256 * 1024
/** What the compressor is fed with at a time: always the same, so that its output does not depend on how records came. */
const feedBytes = 64 * 1024

/** Bytes as one gzip member; none for no bytes. */
export function member(bytes: Uint8Array, level: number): Uint8Array {
  return bytes.length === 0 ? bytes : withoutSystem(gzipSync(bytes, { level }))
}

/** The header's tenth byte names the operating system: 255 is "unknown". Its time is 0 already. */
function withoutSystem(start: Uint8Array): Uint8Array {
  start[9] = 255
  return start
}

/** Makes one gzip member, on the thread pool. */
export function deflater(level: number): {
  write(parts: readonly Uint8Array[]): Promise<readonly Uint8Array[]>
  end(): Promise<readonly Uint8Array[]>
} {
  const zip = createGzip({ level, chunkSize })
  let ready: Uint8Array[] = []
  let begun = false
  /** Used again and again: fresh memory for each piece costs as much as compressing it does. zlib is done with it when it answers. */
  const waiting = Buffer.allocUnsafe(feedBytes)
  let waitingBytes = 0
  zip.on('data', (chunk: Buffer) => {
    ready.push(begun ? chunk : withoutSystem(chunk))
    begun = true
  })
  const take = () => {
    const taken = ready
    ready = []
    return taken
  }
  const feed = (piece: Uint8Array) =>
    new Promise<void>((resolve, reject) => zip.write(piece, error => (error ? reject(error) : resolve())))
  return {
    async write(parts) {
      for (const part of parts) {
        let at = 0
        while (at < part.length) {
          if (waitingBytes === 0 && part.length - at >= feedBytes) {
            await feed(part.subarray(at, at + feedBytes))
            at += feedBytes
            continue
          }
          const length = Math.min(feedBytes - waitingBytes, part.length - at)
          waiting.set(part.subarray(at, at + length), waitingBytes)
          waitingBytes += length
          at += length
          if (waitingBytes < feedBytes) continue
          await feed(waiting)
          waitingBytes = 0
        }
      }
      return take()
    },
    async end() {
      if (waitingBytes > 0) await feed(waiting.subarray(0, waitingBytes))
      const ended = new Promise<void>((resolve, reject) => zip.once('end', resolve).once('error', reject))
      zip.end()
      await ended
      return take()
    },
  }
}

/** The text inside a gzip file, as an input of its own. */
export function unzipped(input: FormatInput): FormatInput {
  return {
    place: input.place,
    // Only known once it was read. Text formats do not ask.
    size: Number.POSITIVE_INFINITY,
    stream: (start = 0) => skipping(gunzipped(input), start),
    range: () => Promise.reject(new Error(`${input.place} is compressed and can be read from its start only.`)),
  }
}

async function* gunzipped(input: FormatInput): AsyncGenerator<Uint8Array> {
  // A file without columns and records is written as no bytes at all.
  if (input.size === 0) return
  const packed = input.stream()[Symbol.asyncIterator]()
  const unzip = createGunzip({ chunkSize })
  void feedAll(packed, unzip).catch(error => unzip.destroy(error))
  try {
    yield* unzip as AsyncIterable<Uint8Array>
    if (unzip.bytesWritten < input.size) await refuseRest(input, unzip.bytesWritten)
  } catch (error) {
    throw fromZlib(error, input.place)
  } finally {
    unzip.destroy()
    // Not awaited: it is answered only when a pending read ends.
    packed.return?.().catch(() => undefined)
  }
}

/** A chunk is asked for only when the one before was used up: an input may give the same buffer again. */
async function feedAll(packed: AsyncIterator<Uint8Array>, unzip: Gunzip): Promise<void> {
  for (let item = await packed.next(); !item.done; item = await packed.next()) {
    const chunk = item.value
    await new Promise<void>((resolve, reject) => unzip.write(chunk, error => (error ? reject(error) : resolve())))
  }
  unzip.end()
}

/** zlib stops at a zero byte behind a member. Padding is fine; data that would be passed over is not. */
async function refuseRest(input: FormatInput, start: number): Promise<void> {
  for await (const chunk of input.stream(start)) {
    if (chunk.some(byte => byte !== 0))
      throw malformed(input.place, 'other data stands between two gzip members.', { byte: start })
  }
}

async function* skipping(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count
  for await (const chunk of chunks) {
    if (left >= chunk.length) left -= chunk.length
    else {
      yield left === 0 ? chunk : chunk.subarray(left)
      left = 0
    }
  }
}
