import { orderAt } from '../orders.js'
import { indicatorAt, typedIndicatorAt } from './indicators.js'
import { plainOrderAt, wideAt } from './plain.js'

/** A kind of input file: what stands in it, line by line. */
interface Input {
  readonly extension: 'csv' | 'ndjson'
  rowAt(index: number): object
}

const kinds = {
  orders: { extension: 'csv', rowAt: orderAt },
  indicators: { extension: 'csv', rowAt: indicatorAt },
  'indicators-json': { extension: 'ndjson', rowAt: typedIndicatorAt },
  plain: { extension: 'csv', rowAt: plainOrderAt },
  wide: { extension: 'csv', rowAt: wideAt },
} satisfies Record<string, Input>

/** Which rows a file holds. */
export type InputKind = keyof typeof kinds

/** What a kind of file is made of. */
export const inputOfKind = (kind: InputKind): Input => kinds[kind]

/** The fields of a kind, in order. */
export const fieldsOf = (kind: InputKind): readonly string[] => Object.keys(kinds[kind].rowAt(0))
