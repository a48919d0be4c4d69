import { expect, it } from 'vitest'
import { listWorkspaces } from '../../tools/workspaces.mjs'
import { describeTable } from './support/crash-table.js'
import { sinks } from './support/sinks.js'
import { sources } from './support/sources.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined

describeTable(['memory'], {
  every: long ? 1 : 3,
  points: () => (long ? 6 : 3),
  shapes: pair => (long ? ['one split', 'several splits'] : [pair % 2 === 0 ? 'one split' : 'several splits']),
})

it('the table has a line for every package that is a source or a sink', () => {
  const named = listWorkspaces()
    .map(({ path }) => path.replace(/^packages\//, ''))
    .filter(name => /^(source|sink)-/.test(name))

  expect([...sources, ...sinks].flatMap(({ of }) => of ?? [])).toEqual(expect.arrayContaining(named))
})
