import { testLake } from './lake.js'
import { describeLake } from './lake-suite.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined
const moments = long ? [4, 15, 24, 37, 48, 63, 81, 92] : [24, 47, 63, 92]

describeLake('a bucket', { open: () => testLake(), killAt: moments, uploads: true })
describeLake('a bucket of a server with the manners of Ceph', { open: () => testLake('radosgw'), killAt: [66], uploads: long })
