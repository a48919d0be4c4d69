/** As much of an error of the SDK, or of the network below it, as is looked at. */
export interface SdkError {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string; readonly attempts?: number }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
  readonly ServerTime?: unknown
}

/** How much of what a service says is quoted. */
const quotedChars = 300

/** Whether anything can be said of what was thrown. */
export function isSdkError(error: unknown): error is SdkError {
  return typeof error === 'object' && error !== null && typeof (error as { message?: unknown }).message === 'string'
}

/** The codes of the network, outermost first: an error may have its reason below it. */
export function networkCodes(error: SdkError): string[] {
  const codes: string[] = []
  for (let at: unknown = error; isSdkError(at) && codes.length < 5; at = (at as { cause?: unknown }).cause)
    codes.push(String(at.code ?? ''))
  return codes
}

/** The service's code, or the network's: the SDK calls some of those a time-out that are none. */
export function nameOf(error: SdkError): string {
  if (!['Error', 'TimeoutError', 'Unknown', 'UnknownError'].includes(error.name)) return error.name
  const status = error.$metadata?.httpStatusCode
  return networkCodes(error).find(code => code !== '') ?? (status === undefined ? error.name : `HTTP ${status}`)
}

/** The service's code, status and words; the SDK's `UnknownError` stands for none. */
export function saidBy(error: SdkError): string {
  const status = error.$metadata?.httpStatusCode
  const name = nameOf(error) === 'Error' ? '' : nameOf(error)
  const words = error.message === 'UnknownError' ? '' : error.message.replace(/\s+/g, ' ').trim().slice(0, quotedChars)
  const attempts = error.$metadata?.attempts ?? 1
  const head = `${name}${status === undefined || name === `HTTP ${status}` ? '' : ` (HTTP ${status})`}${attempts > 1 ? ` after ${attempts} attempts` : ''}`
  return [head, words].filter(part => part !== '').join(': ')
}

/** How wrong this computer's clock is, where the answer tells; else nothing. */
export function clockHint(error: SdkError, service: string): string {
  const serverMs = Date.parse(String(error.ServerTime ?? error.$response?.headers?.date ?? ''))
  if (Number.isNaN(serverMs)) return ''
  const minutes = Math.round((Date.now() - serverMs) / 60_000)
  return `This computer's clock is ${Math.abs(minutes)} minutes ${minutes < 0 ? 'behind' : 'ahead of'} ${service}'s.`
}

/** How long the service asks to wait. */
export function retryAfter(error: SdkError): number | undefined {
  const seconds = Number(error.$response?.headers?.['retry-after'] ?? '')
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds * 1000) : undefined
}

/** The same error with less: services send back what was signed, and even session tokens, in fields of their errors. */
export function slimCause(error: SdkError): Error {
  const slim = new Error(error.message)
  slim.name = error.name
  if (error.stack !== undefined) slim.stack = error.stack
  return slim
}

/** Texts as sentences of one message. */
export function sentences(texts: readonly string[]): string {
  return texts
    .filter(text => text !== '')
    .map(text => (/[.!?]$/.test(text) ? text : `${text}.`))
    .join(' ')
}
