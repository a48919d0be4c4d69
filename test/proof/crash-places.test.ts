import { describeTable } from './support/crash-table.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined

// A run at a place takes some hundred milliseconds.
const whole = { deaths: 1, stops: 1, others: 20, bothShapes: true }
const sample = { deaths: 16, stops: 5, others: 0, bothShapes: false }

describeTable(['folder', 'bucket'], long ? whole : sample)
