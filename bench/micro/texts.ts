import type { Format } from '@millrace/etl-core'
import { encodeAll } from '@millrace/formats'
import { type Indicator, indicatorAt } from '../inputs/indicators.js'

/** As many as fit what a processor keeps near. */
export const microRows = 20_000

/** The rows as objects of texts. */
export const indicators = (): Indicator[] => Array.from({ length: microRows }, (_, index) => indicatorAt(index))

/** The rows as the bytes of a file. */
export const indicatorBytes = (format: Format<Indicator>): Promise<Uint8Array> => encodeAll(format, indicators())
