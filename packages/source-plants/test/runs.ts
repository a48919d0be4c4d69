/** The budget of a property test: fixed and small, twenty times more when MILLRACE_TEST_LONG is set. */
export const runs = (numRuns = 100) => ({ numRuns: numRuns * (process.env.MILLRACE_TEST_LONG ? 20 : 1) })
