import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** A document of X-Ray, as far as tests look. */
export interface TraceDocument {
  readonly name: string
  readonly type?: string
  readonly id: string
  readonly trace_id?: string
  readonly parent_id?: string
  readonly annotations?: Readonly<Record<string, unknown>>
  readonly aws?: { readonly operation?: string }
  readonly fault?: boolean
  readonly error?: boolean
  readonly end_time?: number
  readonly cause?: { readonly exceptions: readonly { readonly message: string; readonly type: string }[] }
}

/**
 * The X-Ray daemon on loopback: takes the documents that come by UDP, each behind a header of its own.
 *
 * @see https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon (read 2026-12)
 */
export async function xRayDaemon() {
  const documents: TraceDocument[] = []
  const socket = createSocket('udp4')
  socket.on('message', message => {
    const [header, ...body] = message.toString('utf8').split('\n')
    if (JSON.parse(header ?? '').format !== 'json') throw new Error(`Not a document: ${header}`)
    documents.push(JSON.parse(body.join('\n')))
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    documents,
    address: `127.0.0.1:${socket.address().port}`,
    close: () => new Promise<void>(resolve => socket.close(() => resolve())),
  }
}
