import { describeObjectStore, describeStateStore } from '@millrace/etl-testkit'
import { conditionalState } from '@millrace/objects'
import { awsWorld, type S3World, s3World } from './support/world.js'

// By day a real server of that kind is enough, where there is one: live.test.ts.
const manners = process.env.MILLRACE_TEST_LONG !== undefined || process.env.MILLRACE_TEST_S3 === undefined
const worlds: Readonly<Record<string, () => Promise<S3World>>> = {
  'as on AWS': () => awsWorld({ prefix: 'some/where' }),
  ...(manners && { 'on a server with the manners of Ceph': () => s3World({}, { like: 'radosgw' }) }),
}

for (const [name, start] of Object.entries(worlds)) {
  describeObjectStore(`s3Store ${name}`, {
    holdsBytes: true,
    async open() {
      const { store, open, close } = await start()
      return { store, another: () => open(), close }
    },
  })
  describeStateStore(`conditionalState ${name}`, {
    async open() {
      const { store, open, close } = await start()
      return { store: conditionalState(store, 'state'), another: () => conditionalState(open(), 'state'), close }
    },
  })
}
