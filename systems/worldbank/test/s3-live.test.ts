import { describe, test } from 'vitest'
import { liveLake } from './lake.js'
import { describeLake } from './lake-suite.js'

const live = liveLake()

if (live) describeLake('a bucket of a real server', { open: live, killAt: [24, 63], uploads: true })
else
  describe('the worldbank command and a bucket of a real server', () => {
    test.skip('skipped: MILLRACE_TEST_S3 names none (http://host:port/bucket, credentials as the SDK finds them)')
  })
