import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

/** A file that texts are written to one after the other, with backpressure. */
export function lineFile(file: string) {
  const out = createWriteStream(file, { highWaterMark: 256 * 1024 })
  const ended = finished(out)
  return {
    async write(text: string): Promise<void> {
      if (text !== '' && !out.write(text)) await once(out, 'drain')
    },
    async end(): Promise<number> {
      out.end()
      await ended
      return out.bytesWritten
    },
  }
}
