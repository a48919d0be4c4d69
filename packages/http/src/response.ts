/** A complete answer: the body is read, decompressed and in memory. */
export interface HttpResponse {
  readonly status: number
  /** Names in lower case; several values of one name joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** Where the answer came from, after redirects. Holds the query as sent, secrets included. */
  readonly url: string
  readonly body: Buffer
  /** The body as UTF-8 without a byte-order mark. */
  text(): string
}

/** Headers as the client gives them, one string each. */
export function plainHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) out[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  return out
}

export function responseOf(status: number, headers: Readonly<Record<string, string>>, url: string, body: Buffer): HttpResponse {
  return { status, headers, url, body, text: () => withoutBom(body.toString('utf8')) }
}

function withoutBom(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}
