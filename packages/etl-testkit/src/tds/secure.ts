import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { TdsCertificate } from './certificate.js'

/** Takes what a client says while TLS is agreed on, and answers it. */
export type Handshake = (said: Buffer) => Promise<void>

/** The streams of a connection that go over to TLS. */
export interface Plain {
  readonly socket: Socket
  readonly incoming: Duplex
  readonly outgoing: Duplex
}

/**
 * The server's side of TLS as TDS 7 has it: what both say to agree travels inside PRELOGIN messages, one answer to each; when they have
 * agreed, TLS lies below all messages.
 *
 * @param messageType - Of PRELOGIN messages.
 * @see https://learn.microsoft.com/openspecs/windows_protocols/ms-tds (2.2.6.5 PRELOGIN, read 2026-11)
 */
export function handshakeOf({ socket, incoming, outgoing }: Plain, certificate: TdsCertificate, messageType: number): Handshake {
  const [inside, outside] = linked()
  // Clients wrap no newer version in messages.
  const secureContext = createSecureContext({ ...certificate, maxVersion: 'TLSv1.2' })
  const secured = new TLSSocket(inside as Socket, { isServer: true, secureContext })
  let agreed = false
  secured.once('secure', () => {
    agreed = true
  })
  for (const stream of [secured, inside, outside]) stream.on('error', () => socket.destroy())
  socket.once('close', () => secured.destroy())

  const goOver = () => {
    socket.unpipe(incoming)
    outgoing.unpipe(socket)
    socket.pipe(outside).pipe(socket)
    secured.pipe(incoming)
    outgoing.pipe(secured)
  }
  return async said => {
    const answering = new Promise<void>(resolve => outside.once('readable', () => resolve()))
    outside.write(said)
    await answering
    // All of one answer is written in one turn.
    await new Promise<void>(resolve => setImmediate(resolve))
    socket.write(message(messageType, outside.read() as Buffer))
    if (agreed) goOver()
  }
}

/** A message of one packet. */
function message(type: number, body: Buffer): Buffer {
  const header = Buffer.from([type, 1, 0, 0, 0, 0, 1, 0])
  header.writeUInt16BE(header.length + body.length, 2)
  return Buffer.concat([header, body])
}

/** Two streams: what is written to one is read from the other. */
function linked(): readonly [Duplex, Duplex] {
  const end = (other: () => Duplex): Duplex =>
    new Duplex({
      read() {},
      write(chunk, _, done) {
        other().push(chunk)
        done()
      },
      final(done) {
        other().push(null)
        done()
      },
    })
  const one: Duplex = end(() => two)
  const two: Duplex = end(() => one)
  return [one, two]
}
