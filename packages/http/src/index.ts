export type {
  Classify,
  HttpDispatcher,
  HttpReader,
  HttpReaderOptions,
  HttpRequestOptions,
  RequestLogEntry,
  RetryNotice,
} from './options.js'
export { httpReader, isHttpReader } from './reader.js'
export { redactUrl } from './redact.js'
export type { HttpResponse } from './response.js'
