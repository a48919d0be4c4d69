import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'

/** What the reader can decompress, as it tells the server. */
export const acceptEncoding = 'gzip, deflate, br'

interface CodedError extends Error {
  readonly code: string
}

/** An error with a code of our own, for the table in errors.ts. */
export function coded(code: string, message: string): CodedError {
  return Object.assign(new Error(message), { code })
}

/** The whole body as sent. @throws when it is larger than `maxBytes`; the rest is then not read. */
export async function readBody(
  chunks: AsyncIterable<Uint8Array>,
  headers: Readonly<Record<string, string>>,
  maxBytes: number,
): Promise<Buffer> {
  const announced = Number(headers['content-length'])
  if (announced > maxBytes) throw tooLarge(`${announced} bytes announced, ${maxBytes} are allowed`)
  const read: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > maxBytes) throw tooLarge(`more than the ${maxBytes} bytes allowed`)
    read.push(chunk)
  }
  return Buffer.concat(read, bytes)
}

const tooLarge = (message: string) => coded('ETL_HTTP_TOO_LARGE', message)

const decoders: Readonly<Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  // "deflate" means zlib, but some servers leave zlib's two header bytes out; the first byte's low half is 8 if they are there.
  deflate: (body, options) => promisify((body[0] ?? 0) % 16 === 8 ? inflate : inflateRaw)(body, options),
  identity: body => Promise.resolve(body),
}

/** The body without its content-encodings, the outermost taken off first. */
export async function decodeBody(body: Buffer, encoding: string | undefined, maxBytes: number): Promise<Buffer> {
  let decoded = body
  if (body.length === 0) return body
  for (const name of (encoding ?? '').toLowerCase().split(',').reverse()) {
    const decode = name.trim() === '' ? decoders.identity : decoders[name.trim()]
    if (!decode) throw coded('ETL_HTTP_ENCODING', `content-encoding "${name.trim()}"`)
    decoded = await decode(decoded, { maxOutputLength: maxBytes })
  }
  return decoded
}
