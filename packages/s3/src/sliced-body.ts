import { Readable } from 'node:stream'

/** What goes to the connection at once. */
const sliceBytes = 256 * 1024

/** As much of the SDK's command as is used here. */
interface Command {
  readonly middlewareStack: { add(middleware: never, options: { readonly step: 'deserialize'; readonly priority: 'low' }): void }
}
type Handler = (args: { readonly request: unknown }) => Promise<unknown>

/**
 * A command whose body goes to the connection slice by slice, as fast as that takes it. As one piece it would be encrypted whole, at once:
 * over TLS a body on its way was held twice (64 MiB more for 64 MiB, measured with Node.js 20). The SDK still sees bytes, so that it signs
 * them and tries again; only the last step before the connection sees a stream. Other connections than Node.js's own are left alone.
 */
export function sliced<C>(command: C, client: { readonly config?: object }): C {
  const handler = (client.config as { requestHandler?: { metadata?: { handlerProtocol?: string } } } | undefined)?.requestHandler
  if (handler?.metadata?.handlerProtocol !== 'http/1.1') return command
  const middleware =
    (next: Handler): Handler =>
    args =>
      next({ ...args, request: inSlices(args.request as object) })
  ;(command as Command).middlewareStack.add(middleware as never, { step: 'deserialize', priority: 'low' })
  return command
}

/** A copy: the request itself is sent again if this try fails. */
function inSlices(request: object): object {
  const { body } = request as { readonly body?: unknown }
  if (!(body instanceof Uint8Array) || body.length <= sliceBytes) return request
  return Object.assign(Object.create(Object.getPrototypeOf(request)), request, { body: Readable.from(slicesOf(body)) })
}

function* slicesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes)
}
