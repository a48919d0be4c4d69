import { randomBytes } from 'node:crypto'
import { describeStateStore } from '@millrace/etl-testkit'
import { describe, test } from 'vitest'
import { liveDatabase, livePlace, skipped } from '../support/live.js'

describe.skipIf(skipped)('against a live server', () => {
  describeStateStore('state in a SQL Server database', {
    open() {
      const pipeline = `test ${randomBytes(8).toString('hex')}`
      const another = () => livePlace().home.state(pipeline)
      return {
        store: another(),
        another,
        async close() {
          await liveDatabase().session(session =>
            session.run('DELETE FROM [dbo].[_millrace_state] WHERE [pipeline] = @pipeline', { pipeline }).catch(() => 0),
          )
        },
      }
    },
  })
})

test.runIf(skipped)(`state on a live server: ${skipped}`, ({ skip }) => skip(String(skipped)))
