import { createHash, createHmac } from 'node:crypto'
import { request } from 'node:http'
import type { S3Server } from '@millrace/etl-testkit/s3'

/** Requests by hand, signed by a second implementation of Signature Version 4: what a client would never send can be sent too. */

export interface RawRequest {
  readonly method?: string
  /** Percent-encoded already. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

export interface Signing {
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  readonly region?: string
  readonly service?: string
  readonly atMs?: number
  /** What stands for the body; default its hash. */
  readonly payload?: string
  /** Headers that are sent and not signed. */
  readonly unsigned?: readonly string[]
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** Of an error document. */
  readonly code: string | undefined
}

export const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex')
export const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest()
export const dateTimeOf = (ms: number) => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')

const percent = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
const queryText = (query: Readonly<Record<string, string>>) =>
  Object.keys(query)
    .map(percent)
    .sort()
    .map(name => `${name}=${percent(query[decodeURIComponent(name)]!)}`)
    .join('&')

export interface Signed {
  readonly headers: Record<string, string>
  readonly key: Buffer
  readonly scope: string
  readonly dateTime: string
  readonly signature: string
}

/** Adds what the Authorization header needs. */
export function signed(server: S3Server, raw: RawRequest, signing: Signing = {}): Signed {
  const { accessKeyId, secretAccessKey } = { ...server.credentials, ...signing }
  const { region = server.region, service = 's3', atMs = Date.now(), unsigned = [] } = signing
  const dateTime = dateTimeOf(atMs)
  const headers: Record<string, string> = {
    host: new URL(server.url).host,
    'x-amz-date': dateTime,
    'x-amz-content-sha256': signing.payload ?? sha256(raw.body ?? ''),
    ...raw.headers,
  }
  const names = Object.keys(headers)
    .filter(name => !unsigned.includes(name))
    .sort()
  const canonical = [
    raw.method ?? 'GET',
    raw.path,
    queryText(raw.query ?? {}),
    ...names.map(name => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    headers['x-amz-content-sha256'],
  ].join('\n')
  const scope = `${dateTime.slice(0, 8)}/${region}/${service}/aws4_request`
  const key = [region, service, 'aws4_request'].reduce(hmac, hmac(`AWS4${secretAccessKey}`, dateTime.slice(0, 8)))
  const signature = hmac(key, ['AWS4-HMAC-SHA256', dateTime, scope, sha256(canonical)].join('\n')).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return { headers: { ...headers, authorization }, key, scope, dateTime, signature }
}

/** Signs and sends. */
export function sendSigned(server: S3Server, raw: RawRequest, signing: Signing = {}): Promise<RawAnswer> {
  return send(server, { ...raw, headers: signed(server, raw, signing).headers })
}

/** Sends as it is. */
export function send(
  server: S3Server,
  { method = 'GET', path, query = {}, headers = {}, body = '' }: RawRequest,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(server.url)
  const target = Object.keys(query).length === 0 ? path : `${path}?${queryText(query)}`
  return new Promise((resolve, reject) => {
    const length = { 'content-length': Buffer.byteLength(body) }
    const outgoing = request({ hostname, port, method, path: target, headers: { ...length, ...headers } }, async answer => {
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(chunk as Buffer)
      const text = Buffer.concat(chunks).toString()
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** The query of a presigned address. */
export function presigned(
  server: S3Server,
  raw: RawRequest,
  { expires = 60, atMs = Date.now(), token }: { expires?: number | string; atMs?: number; token?: string } = {},
): RawRequest {
  const dateTime = dateTimeOf(atMs)
  const scope = `${dateTime.slice(0, 8)}/${server.region}/s3/aws4_request`
  const host = new URL(server.url).host
  const query: Record<string, string> = {
    ...raw.query,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${server.credentials.accessKeyId}/${scope}`,
    'X-Amz-Date': dateTime,
    'X-Amz-Expires': String(expires),
    'X-Amz-SignedHeaders': 'host',
    ...(token === undefined ? {} : { 'X-Amz-Security-Token': token }),
  }
  const canonical = [raw.method ?? 'GET', raw.path, queryText(query), `host:${host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n')
  const seed = hmac(`AWS4${server.credentials.secretAccessKey}`, dateTime.slice(0, 8))
  const key = [server.region, 's3', 'aws4_request'].reduce(hmac, seed)
  const signature = hmac(key, ['AWS4-HMAC-SHA256', dateTime, scope, sha256(canonical)].join('\n')).toString('hex')
  return { ...raw, query: { ...query, 'X-Amz-Signature': signature }, headers: { host, ...raw.headers } }
}
