import type { RetryVerdict } from '@millrace/etl-core'

/** What an error of the network means: always that the service is away, for now or until something is put right. */
export interface NetworkRow {
  readonly advice: string
  readonly retry: RetryVerdict
}

const later = (advice: string): NetworkRow => ({ advice, retry: 'later' })
const never = (advice: string): NetworkRow => ({ advice, retry: 'never' })

/** By Node's code (https://nodejs.org/api/errors.html#common-system-errors, and OpenSSL's of certificates). */
export const byNetworkCode: Readonly<Record<string, NetworkRow>> = {
  ECONNREFUSED: later('The connection was refused: check the endpoint, and whether the server is running.'),
  ECONNRESET: later('The connection was cut off.'),
  EPIPE: later('The connection was cut off.'),
  ERR_STREAM_PREMATURE_CLOSE: later('The connection was cut off.'),
  ETIMEDOUT: later('The connection timed out.'),
  EHOSTUNREACH: later('The host cannot be reached from here.'),
  ENETUNREACH: later('The network cannot be reached from here.'),
  ENOTFOUND: later('The host name is not known: check the network, the endpoint and the region.'),
  EAI_AGAIN: later('The host name could not be looked up.'),
  CERT_HAS_EXPIRED: never("The server's certificate has expired."),
  DEPTH_ZERO_SELF_SIGNED_CERT: never("The server's certificate is self-signed: set NODE_EXTRA_CA_CERTS."),
  SELF_SIGNED_CERT_IN_CHAIN: never("The server's certificate is self-signed: set NODE_EXTRA_CA_CERTS."),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: never("The server's certificate cannot be verified."),
  ERR_TLS_CERT_ALTNAME_INVALID: never("The server's certificate is for another host: check the endpoint."),
}

/** What to do where the SDK finds nobody to sign as. */
export const credentialsAdvice =
  'Give credentials through AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile (AWS_PROFILE, `aws sso login`), a container or instance role, or the option `credentials`.'

/** What to do about a session that is over. */
export const expiredAdvice =
  'The session has ended: renew the credentials, or use a role or a provider function, which renews them in time. What was saved stays, and the next run goes on from there.'
