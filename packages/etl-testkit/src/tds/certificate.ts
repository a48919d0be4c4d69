import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

/** What a server proves with who it is, as PEM. */
export interface TdsCertificate {
  readonly key: string
  readonly cert: string
}

const dayMs = 24 * 3_600_000
const ecdsaWithSha256 = '2a8648ce3d040302'
const commonName = '550403'
const basicConstraints = '551d13'
const subjectAltName = '551d11'

/** A value in ASN.1's DER: tag, length, what is in it. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts)
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const extension = (id: string, ...value: readonly Buffer[]): Buffer => sequence(oid(id), der(0x04, sequence(...value)))
const time = (ms: number): Buffer => der(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
const altName = (name: string): Buffer =>
  isIPv4(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name, 'ascii'))

/**
 * A certificate that nobody vouches for but itself, valid for a day, with a new key. It may be given to a client as the one to trust.
 *
 * @param names - Host names and IPv4 addresses it is for. Default `localhost` and `127.0.0.1`.
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1 (read 2026-11), for its parts.
 */
export function selfSigned(names: readonly string[] = ['localhost', '127.0.0.1']): TdsCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const algorithm = sequence(oid(ecdsaWithSha256))
  const name = sequence(der(0x31, sequence(oid(commonName), der(0x0c, Buffer.from(names[0] ?? 'localhost')))))
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1]), randomBytes(8)),
    algorithm,
    name,
    sequence(time(Date.now() - dayMs), time(Date.now() + dayMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      sequence(extension(basicConstraints, der(0x01, Buffer.from([0xff]))), extension(subjectAltName, ...names.map(altName))),
    ),
  )
  const all = sequence(signed, algorithm, der(0x03, Buffer.from([0]), sign('sha256', signed, privateKey)))
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${all.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  }
}
