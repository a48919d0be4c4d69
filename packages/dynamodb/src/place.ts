import { ConfigError, type Place } from '@millrace/etl-core'

/** A table, and what the keys of a place begin with. */
export interface TablePlace {
  readonly table: string
  /** Empty for none. */
  readonly prefix: string
}

/** With a pipeline's name, a document's key and ours behind it, it stays below the 2,048 bytes of a partition key. */
const prefixBytesAtMost = 512

/**
 * Why a text cannot be a table's name, or `undefined` if it can.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html (read 2026-12)
 */
export function tableProblem(table: string): string | undefined {
  if (typeof table !== 'string' || table === '') return 'a table is needed'
  const shown = JSON.stringify(table)
  if (table.startsWith('arn:')) return `table ${shown} is an ARN: give the name alone`
  if (/^[A-Za-z0-9_.-]{3,255}$/.test(table)) return undefined
  return `table ${shown}: names have 3 to 255 letters, digits, dots, hyphens and underscores`
}

/** Why a text cannot be a prefix, or `undefined` if it can. Number signs are for what we add. */
export function prefixProblem(prefix: string): string | undefined {
  const plain = typeof prefix === 'string' && !/[\p{Cc}#?]/u.test(prefix) && prefix.split('/').every(part => part !== '')
  if (!plain)
    return `prefix ${JSON.stringify(prefix)}: parts between slashes are not empty, and hold no #, ? or control characters`
  return Buffer.byteLength(prefix) > prefixBytesAtMost ? `the prefix has more than ${prefixBytesAtMost} bytes` : undefined
}

/**
 * The table and prefix of a place `dynamodb:table/prefix`. The prefix is taken as it is written, without percent-decoding.
 *
 * @throws ConfigError `ETL_PLACE_INVALID`
 */
export function tablePlace({ rest, shown }: Place): TablePlace {
  const refuse = (problem: string) =>
    new ConfigError(
      'ETL_PLACE_INVALID',
      `The place ${shown} cannot be opened: ${problem}. Write dynamodb:table or dynamodb:table/prefix.`,
      { context: { place: shown } },
    )
  if (rest.startsWith('arn:')) throw refuse('it is an ARN, and the name alone is taken')
  const slash = rest.indexOf('/')
  const table = slash === -1 ? rest : rest.slice(0, slash)
  const prefix = slash === -1 ? '' : rest.slice(slash + 1).replace(/\/$/, '')
  const problem = tableProblem(table) ?? (prefix === '' ? undefined : prefixProblem(prefix))
  if (problem) throw refuse(problem)
  return { table, prefix }
}

/** What the partition keys of a pipeline's state begin with. A pipeline's name has no slash, so no two pipelines share one. */
export const partitionOf = (prefix: string, pipeline: string): string => (prefix === '' ? pipeline : `${prefix}/${pipeline}`)
