import { expect, it } from 'vitest'
import { listWorkspaces } from '../../tools/workspaces.mjs'
import { describeTable } from './support/crash-table.js'
import { sinks } from './support/sinks.js'
import { sources } from './support/sources.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined

// The testkit's own tests go on from arrays into every set of capabilities, at every call of most.
const all = Number.POSITIVE_INFINITY
const whole = { deaths: all, stops: all, others: 20, bothShapes: true }
const sample = { deaths: 1, stops: 1, others: 0, bothShapes: false, eachOnce: true } as const

describeTable(['memory'], long ? whole : sample)

/** Those that need a server nobody can start here: their live tests die at their calls where one is named. */
const needServers = /-sqlserver$/

it('the table has a line for every package that is a source or a sink', () => {
  const named = listWorkspaces()
    .map(({ path }) => path.replace(/^packages\//, ''))
    .filter(name => /^(source|sink)-/.test(name) && !needServers.test(name))

  expect([...sources, ...sinks].flatMap(({ of }) => of ?? [])).toEqual(expect.arrayContaining(named))
})
