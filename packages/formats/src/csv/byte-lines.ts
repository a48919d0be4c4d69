import { mostNumberBytes, writeNumber } from './number-text.js'
import type { CsvSettings } from './options.js'

/** Copies of up to so many bytes are faster by hand than by a call. */
const shortCopy = 96
const firstRoom = 96 * 1024

/** Bytes of lines as they grow. Its memory is used again for the next ones. */
export class ByteLines {
  #bytes = Buffer.allocUnsafe(firstRoom)
  #used = 0
  /** 1 for ASCII bytes that a field without quotes cannot hold. */
  readonly #special = new Uint8Array(128)

  readonly #numbersArePlain: boolean

  constructor({ delimiter, quote }: CsvSettings) {
    this.#numbersArePlain = !/[-.0-9]/.test(delimiter + quote)
    for (const char of [delimiter, quote, '\r', '\n']) this.#special[char.charCodeAt(0)] = 1
  }

  /** Begins anew. */
  clear(): void {
    this.#used = 0
  }

  /** What was written, to keep. */
  taken(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#used))
  }

  /** Bytes as they are. */
  raw(from: Buffer, start: number, end: number): void {
    const length = end - start
    this.#makeRoom(length)
    if (length > shortCopy) {
      from.copy(this.#bytes, this.#used, start, end)
      this.#used += length
      return
    }
    const to = this.#bytes
    let used = this.#used
    for (let at = start; at < end; at++) to[used++] = from[at] as number
    this.#used = used
  }

  /** Characters of ASCII as they are. */
  ascii(text: string): void {
    const { length } = text
    this.#makeRoom(length)
    const to = this.#bytes
    let used = this.#used
    for (let at = 0; at < length; at++) to[used++] = text.charCodeAt(at)
    this.#used = used
  }

  /** Any text as it is. */
  text(text: string): void {
    this.#makeRoom(3 * text.length)
    this.#used += this.#bytes.write(text, this.#used, 'utf8')
  }

  /** A field, if it is ASCII that needs no quotes; else nothing, and false. */
  plain(text: string): boolean {
    const { length } = text
    this.#makeRoom(length)
    const to = this.#bytes
    const special = this.#special
    let used = this.#used
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at)
      if (code > 127 || special[code] === 1) return false
      to[used++] = code
    }
    this.#used = used
    return true
  }

  /** A number, if its text is simple and needs no quotes; else nothing, and false. */
  number(value: number): boolean {
    if (!this.#numbersArePlain) return false
    this.#makeRoom(mostNumberBytes)
    const end = writeNumber(value, this.#bytes, this.#used)
    if (end < 0) return false
    this.#used = end
    return true
  }

  /** Whether a text in these bytes needs no quotes, once it has none. */
  isPlain(bytes: Uint8Array, start: number, end: number): boolean {
    const special = this.#special
    for (let at = start; at < end; at++) if (special[bytes[at] as number] === 1) return false
    return true
  }

  #makeRoom(length: number): void {
    if (this.#used + length <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#used + length))
    this.#bytes.copy(larger, 0, 0, this.#used)
    this.#bytes = larger
  }
}
