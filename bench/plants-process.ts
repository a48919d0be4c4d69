import { plantsServer } from '@millrace/source-plants/testing'

/** The plants API as it was met: 50 ids of which two give no reading, 2 % of the answers speak of a sensor fault, tens of milliseconds each. */
const server = await plantsServer({ generation: 3, seed: 1, faultRate: 0.02, latencyMs: [20, 120] })
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`)
process.stdin.resume().once('end', () => void server.close())
