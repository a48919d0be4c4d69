import { describeTable } from './support/crash-table.js'
import { sinks } from './support/sinks.js'
import { sources } from './support/sources.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined

/** In the long run every call from arrays into a bucket. A run at a place takes some hundred milliseconds. */
const whole = sinks.find(({ place }) => place === 'bucket')

describeTable(['folder', 'bucket'], {
  every: long ? 2 : 4,
  points: (source, sink) => (long && source === sources[0] && sink === whole ? Number.POSITIVE_INFINITY : 3),
  shapes: pair => [(long ? pair % 2 === 0 : pair > 0) ? 'one split' : 'several splits'],
})
