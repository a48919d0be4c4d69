import { randomBytes } from 'node:crypto'
import { describeStateStore } from '@millrace/etl-testkit'
import { describe, test } from 'vitest'
import { forgetState, liveDatabase, livePlace, skipped } from '../support/live.js'

describe.skipIf(skipped)('against a live server', () => {
  describeStateStore('state in a SQL Server database', {
    open() {
      const pipeline = `test ${randomBytes(8).toString('hex')}`
      const another = () => livePlace().home.state(pipeline)
      return {
        store: another(),
        another,
        close: () => liveDatabase().session(session => forgetState(session, pipeline)),
      }
    },
  })
})

test.runIf(skipped)(`state on a live server: ${skipped}`, ({ skip }) => skip(String(skipped)))
