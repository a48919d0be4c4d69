import type { Pipeline, RequestEvent } from '@millrace/etl-core'
import { askedWith, type Understood } from './asked.js'
import { isObject, notUnderstood } from './unknown.js'

/** Whether an event is a request to a function URL or an HTTP API (payload format 2.0). */
export const isRequest = (event: Readonly<Record<string, unknown>>): boolean =>
  event.version === '2.0' && isObject(event.requestContext) && isObject(event.requestContext.http)

/**
 * A request. A header `idempotency-key` is the load's identity.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html (payload format 2.0, read 2026-11)
 * @throws EtlError `ETL_EVENT_UNKNOWN` for a body that is no JSON, where the pipeline declares no `triggers.request`.
 */
export function ofRequest(pipeline: Pipeline, event: Readonly<Record<string, unknown>>): Understood {
  const request = requestOf(event)
  const { request: trigger } = pipeline.triggers
  const from = `${request.method} ${request.path}`
  const key = request.headers['idempotency-key']
  const params = trigger ? trigger(request) : paramsOf(pipeline, request)
  return askedWith(params, { from, ...(key ? { loadId: `request ${key}` } : {}) })
}

function requestOf(event: Readonly<Record<string, unknown>>): RequestEvent {
  const { requestContext, rawPath, queryStringParameters, headers, body, isBase64Encoded } = event
  const http = isObject(requestContext) && isObject(requestContext.http) ? requestContext.http : {}
  const text = typeof body !== 'string' ? undefined : isBase64Encoded === true ? Buffer.from(body, 'base64').toString() : body
  return {
    method: String(http.method),
    path: String(rawPath ?? http.path),
    query: texts(queryStringParameters),
    headers: Object.fromEntries(Object.entries(texts(headers)).map(([name, value]) => [name.toLowerCase(), value])),
    ...(text === undefined ? {} : { body: text }),
  }
}

function paramsOf(pipeline: Pipeline, { query, body, method, path }: RequestEvent): unknown {
  if (body === undefined || body.trim() === '') return query
  let given: unknown
  try {
    given = JSON.parse(body)
  } catch {
    // Told below.
  }
  if (!isObject(given)) throw notUnderstood(pipeline.name, `${method} ${path}, whose body is no JSON object`, undefined)
  return { ...query, ...given }
}

const texts = (fields: unknown): Readonly<Record<string, string>> =>
  isObject(fields) ? Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)])) : {}
