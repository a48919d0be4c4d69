import { databaseSinks } from './database-sinks.js'
import { memorySinks } from './memory-sinks.js'
import { objectSinks } from './object-sinks.js'
import type { SinkLine } from './sink-line.js'

/** Every sink there is, in its layouts. A new one is one more line. */
export const sinks: readonly SinkLine[] = [...memorySinks, ...objectSinks, ...databaseSinks]
