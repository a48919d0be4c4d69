// A process of its own: reads one order per line, runs the pipeline as it says, and answers with one line.
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { definePipeline, from, isEtlError, run } from '@millrace/etl-core'
import { type Around, objectsAround, sinkAround, sourceAround } from '@millrace/etl-testkit/cases'
import { ndjson } from '@millrace/formats'
import { folderStore, type ObjectStore, objectSink, stateOver } from '@millrace/objects'
import { type Order, signalLine } from './order.js'
import { type Row, rowSchema, versioned } from './versions.js'

/** Sends this process a signal at one of its calls: before it begins, or when it has begun. */
function signalled({ at, when, signal }: NonNullable<Order['signal']>): Around {
  let number = 0
  const send = () => {
    writeSync(1, `${signalLine}\n`)
    process.kill(process.pid, signal)
  }
  return async (_, act) => {
    const mine = ++number === at
    if (mine && when === 'before') send()
    const acting = act()
    if (mine && when === 'during') send()
    return acting
  }
}

async function storeOf({ place }: Order): Promise<ObjectStore> {
  if ('folder' in place) return folderStore(place.folder)
  const { s3Store } = await import('@millrace/s3')
  return s3Store({ ...place, prefix: 'out' })
}

async function obey(order: Order): Promise<object> {
  const around: Around = order.signal ? signalled(order.signal) : (_, act) => act()
  const store = objectsAround(await storeOf(order), around)
  const sink = objectSink<Row>({
    store: () => store,
    shown: 'the place',
    format: ndjson<Row>(),
    partBytes: 90,
    ...order.layout,
  })
  const source = versioned({ shape: order.shape, version: () => order.version, batchSize: () => order.cut })
  const build = () => from(sourceAround(source, around)).validate(rowSchema).into(sinkAround(sink, around))
  const stop = new AbortController()
  process.removeAllListeners('SIGINT').once('SIGINT', () => stop.abort(new Error('interrupted')))
  const report = await run(definePipeline({ name: 'proof', build }), undefined, {
    state: stateOver(store, '_millrace/proof/state'),
    flushEvery: { batches: 1, intervalMs: 1e9 },
    retry: { attempts: 3, firstMs: 1, maxMs: 2 },
    concurrency: 2,
    signal: stop.signal,
    waitMs: order.waitMs,
    leaseMs: order.leaseMs,
    full: order.full,
  })
  return { status: report.status, error: report.error?.code, message: report.error?.message ?? report.notes.join(' ') }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await obey(JSON.parse(line) as Order).catch((error: unknown) => ({
    error: isEtlError(error) ? error.code : 'unexpected',
    message: String(error),
  }))
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
