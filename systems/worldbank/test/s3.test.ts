import { testLake } from './lake.js'
import { describeLake } from './lake-suite.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined
const moments = long ? [4, 15, 24, 37, 48, 63, 81, 92] : [63]

describeLake('a bucket', { open: () => testLake(), killAt: moments, uploads: true })
// By day a real server of that kind is enough, where there is one: s3-live.test.ts.
if (long || process.env.MILLRACE_TEST_S3 === undefined)
  describeLake('a bucket of a server with the manners of Ceph', { open: () => testLake('radosgw'), killAt: [66], uploads: long })
