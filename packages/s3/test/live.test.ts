import { describeObjectStore, describeStateStore } from '@millrace/etl-testkit'
import { conditionalState } from '@millrace/objects'
import { describe, test } from 'vitest'
import { liveS3, liveWorld } from './support/live.js'

const live = liveS3()

if (live) {
  describeObjectStore('s3Store on a real server', { open: () => liveWorld(live) })
  describeStateStore('conditionalState on a real server', {
    open() {
      const { store, another, close } = liveWorld(live)
      return { store: conditionalState(store, 'state'), another: () => conditionalState(another(), 'state'), close }
    },
  })
} else {
  describe('s3Store on a real server', () => {
    test.skip('skipped: MILLRACE_TEST_S3 names none (http://host:port/bucket, credentials as the SDK finds them)')
  })
}
