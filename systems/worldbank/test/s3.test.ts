import { describe, test } from 'vitest'
import { liveLake, testLake } from './lake.js'
import { describeLake } from './lake-suite.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined
const moments = long ? Array.from({ length: 12 }, (_, index) => 4 + index * 8 + (index % 2)) : [14, 43, 81]

describeLake('a bucket', { open: () => testLake(), killAt: moments, uploads: true })
describeLake('a bucket of a server with the manners of Ceph', { open: () => testLake('radosgw'), killAt: [66], uploads: long })

const live = liveLake()
if (live) describeLake('a bucket of a real server', { open: live, killAt: [14, 43, 81], uploads: true })
else
  describe('the worldbank command and a bucket of a real server', () => {
    test.skip('skipped: MILLRACE_TEST_S3 names none (http://host:port/bucket, credentials as the SDK finds them)')
  })
