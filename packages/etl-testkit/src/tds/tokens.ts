const u16 = (value: number): Buffer => {
  const buffer = Buffer.alloc(2)
  buffer.writeUInt16LE(value)
  return buffer
}
const u32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32LE(value)
  return buffer
}
const shortText = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')])
const longText = (text: string): Buffer => Buffer.concat([u16(text.length), Buffer.from(text, 'utf16le')])
const token = (id: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([id]), u16(body.length), body])

/** What a done token says: bits of its status. */
export const doneStatus = { final: 0, more: 1, error: 2, count: 0x10, attention: 0x20 } as const

/** The token that ends a statement (`batch`), a statement inside a procedure, or a procedure. */
export function done(of: 'batch' | 'statement' | 'procedure', status: number, rows = 0): Buffer {
  const buffer = Buffer.alloc(13)
  buffer[0] = { batch: 0xfd, procedure: 0xfe, statement: 0xff }[of]
  buffer.writeUInt16LE(status, 1)
  buffer.writeBigUInt64LE(BigInt(rows), 5)
  return buffer
}

/** What a procedure returned: 0. */
export const returnStatus = (): Buffer => Buffer.from([0x79, 0, 0, 0, 0])

/** An error as SQL Server sends it. */
export interface TdsError {
  /** 1205, 2627 and so on. */
  readonly number: number
  readonly message?: string
  /** The severity. Default 16: above 19 the server ends the connection. */
  readonly class?: number
  readonly state?: number
}

/** The token of an error. */
export const errorToken = ({ number, message = `error ${number}`, class: severity = 16, state = 1 }: TdsError): Buffer =>
  token(
    0xaa,
    Buffer.concat([
      u32(number),
      Buffer.from([state, severity]),
      longText(message.slice(0, 2_000)),
      shortText('test'),
      shortText(''),
      u32(1),
    ]),
  )

/** The answer to a log-in that succeeds. */
export const loginAck = (): Buffer =>
  token(0xad, Buffer.concat([Buffer.from([1, 0x74, 0, 0, 4]), shortText('Microsoft SQL Server'), Buffer.from([16, 0, 0, 1])]))

/** A change of the session that is told in text: 1 the database, 4 the packet size. */
export const textChange = (kind: 1 | 4, now: string, before: string): Buffer =>
  token(0xe3, Buffer.concat([Buffer.from([kind]), shortText(now), shortText(before)]))

/** The begin (8), commit (9) or rollback (10) of a transaction. */
export function transactionChange(kind: 8 | 9 | 10, id: bigint): Buffer {
  const descriptor = Buffer.alloc(8)
  descriptor.writeBigUInt64LE(id)
  const [now, before] = kind === 8 ? [descriptor, Buffer.alloc(0)] : [Buffer.alloc(0), descriptor]
  return token(0xe3, Buffer.concat([Buffer.from([kind, now.length]), now, Buffer.from([before.length]), before]))
}

/** The session was reset, as a client asks for with a bit of a message's header. */
export const resetChange = (): Buffer => token(0xe3, Buffer.from([18, 0, 0]))

export { longText, shortText, u16, u32 }
