import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

/** Writes files one behind the other into a new one, durable when it returns. */
export async function joinFiles(files: readonly string[], into: string): Promise<void> {
  async function* contents() {
    for (const file of files) yield* createReadStream(file)
  }
  await pipeline(contents, createWriteStream(into, { flush: true }))
}
