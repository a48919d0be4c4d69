import {
  byNetworkCode,
  clockHint,
  isSdkError,
  nameOf,
  networkCodes,
  retryAfter,
  type SdkError,
  saidBy,
  sentences,
  slimCause,
} from '@millrace/aws'
import { ConfigError, type EtlErrorOptions, isEtlError, type Json, StateError } from '@millrace/etl-core'
import { byName, byStatus, byWords, type Row, regionMissing, retryByMeaning } from './error-table.js'

/** What was being done when DynamoDB refused. */
export interface TableAction {
  /** As it follows "Could not": `save state "head"`. */
  readonly doing: string
  readonly table: string
  readonly place: string
}

/**
 * An error of DynamoDB, of the SDK or of the network as ours. Errors that are ours already, and those no request made, are returned as they are.
 * The cause is a copy without what services send back of requests.
 */
export function dynamoError(error: unknown, { doing, table, place }: TableAction): unknown {
  if (isEtlError(error) || !isSdkError(error)) return error
  const row = rowOf(error)
  if (!row) return error
  const { meaning, advice } = row
  const wrongTable = meaning === 'TABLE'
  const head = `Could not ${doing} in ${place}: ${saidBy(error)}`
  const text = sentences([head, clockOf(error), wrongTable ? tableAdvice(table) : advice])
  const retryAfterMs = retryAfter(error)
  const options: EtlErrorOptions = {
    retry: row.retry ?? retryByMeaning(meaning),
    context: contextOf(error, place),
    cause: slimCause(error),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
  if (wrongTable) return new ConfigError('ETL_STATE_TABLE', text, options)
  if (meaning.startsWith('config:')) return new ConfigError(`ETL_CONFIG_${meaning.slice('config:'.length)}`, text, options)
  return new StateError(`ETL_STATE_${meaning}`, text, options)
}

/** Whether a write that failed so may have been done all the same: the answer was lost, or an error came from behind the front door. */
export function mayBeDone(error: unknown): boolean {
  if (!isEtlError(error, 'ETL_STATE_UNAVAILABLE')) return false
  const { status } = error.context
  return typeof status !== 'number' || status >= 500 || status < 400
}

/** A condition of a write that does not hold. @returns The attempts that were made until it was said; `undefined` for any other error. */
export function refusedAfter(error: unknown): number | undefined {
  if (!isSdkError(error) || error.name !== 'ConditionalCheckFailedException') return undefined
  return error.$metadata?.attempts ?? 1
}

function rowOf(error: SdkError): Row | undefined {
  if (error.name === 'ValidationException') {
    const found = byWords.find(([words]) => words.test(error.message))
    return found?.[1] ?? byStatus(400)
  }
  const named = byName[error.name]
  // A time-out is what the SDK calls some errors of the network, too.
  const network = networkCodes(error)
    .map(code => byNetworkCode[code])
    .find(each => each !== undefined)
  if (network && error.$metadata?.httpStatusCode === undefined) return { meaning: 'UNAVAILABLE', ...network }
  if (named) return named
  if (/^Region is missing/.test(error.message)) return regionMissing
  const status = error.$metadata?.httpStatusCode
  return status === undefined ? undefined : byStatus(status)
}

const clockOf = (error: SdkError): string =>
  ['RequestExpired', 'InvalidSignatureException'].includes(error.name) &&
  /signature (expired|not yet)|expired/i.test(error.message)
    ? clockHint(error, 'DynamoDB')
    : ''

/** How the table must be, and the command that makes it so. */
const tableAdvice = (table: string): string =>
  `State needs a table "${table}" in this account and region, ready, with the partition key pk and the sort key sk, both strings (S), and no ` +
  `other keys: aws dynamodb create-table --table-name ${table} --billing-mode PAY_PER_REQUEST --attribute-definitions ` +
  'AttributeName=pk,AttributeType=S AttributeName=sk,AttributeType=S --key-schema AttributeName=pk,KeyType=HASH AttributeName=sk,KeyType=RANGE'

function contextOf(error: SdkError, place: string): Record<string, Json> {
  const { httpStatusCode, requestId, attempts } = error.$metadata ?? {}
  return {
    place,
    dynamodb: nameOf(error),
    ...(httpStatusCode === undefined ? {} : { status: httpStatusCode }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(attempts === undefined ? {} : { attempts }),
  }
}
