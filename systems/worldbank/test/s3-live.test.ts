import { describe, test } from 'vitest'
import { liveLake } from './lake.js'
import { describeLake } from './lake-suite.js'

const live = liveLake()
// By day kills and Ctrl-C while uploads are held are what the test server is for: s3.test.ts.
const long = process.env.MILLRACE_TEST_LONG !== undefined

if (live) describeLake('a bucket of a real server', { open: live, killAt: long ? [24, 63] : [24], uploads: long })
else
  describe('the worldbank command and a bucket of a real server', () => {
    test.skip('skipped: MILLRACE_TEST_S3 names none (http://host:port/bucket, credentials as the SDK finds them)')
  })
