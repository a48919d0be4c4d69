import { s3Server } from '@millrace/etl-testkit/s3'
import { bucket } from './case.js'

// A process of its own: the objects it holds are no memory of the pipeline's.
const server = await s3Server({ buckets: [bucket] })
process.stdout.write(`${JSON.stringify(server.env())}\n`)
process.stdin.resume()
process.stdin.on('end', () => {
  if (server.unsupported.length > 0) process.stderr.write(`The S3 test server was asked for: ${server.unsupported.join(', ')}\n`)
  void server.close()
})
