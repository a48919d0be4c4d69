import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { definePipeline, type Format, from, recordsOf, run } from '@millrace/etl-core'
import { csv, ndjson } from '@millrace/formats'
import { folder } from '@millrace/objects'
import type { Run } from '../case.js'
import type { InputKind } from '../inputs/index.js'
import { tallyOf } from '../inputs/tally.js'
import { succeeded } from './finish.js'
import { takingSink } from './taking-sink.js'

type Row = Record<string, string>

const formatOf = (kind: InputKind): Format<Row> => (kind.endsWith('json') ? ndjson<Row>() : csv<Row>())

/** A file as objects, in a run: state, rejects, report and the checks for a stop are as in any other. */
export const objectsByRun =
  (kind: InputKind): Run =>
  async ({ input }) => {
    const tally = tallyOf(kind)
    const pipeline = definePipeline({
      name: 'objects',
      connectors: [folder],
      build: ({ connect }) =>
        from(connect.objectsFrom(`file:${dirname(input)}`, { format: formatOf(kind), keys: [basename(input)] })).into(
          takingSink(tally.take),
        ),
    })
    succeeded(await run(pipeline))
    return tally.done()
  }

/** The same with the format alone, as one would use it without a pipeline. */
export const objectsByDecode =
  (kind: InputKind): Run =>
  async ({ input }) => {
    const tally = tallyOf(kind)
    const file = {
      place: `file:${input}`,
      size: (await stat(input)).size,
      stream: (start = 0) => createReadStream(input, { start }),
      range: (start: number, end: number) => rangeOf(input, start, end),
    }
    for await (const batch of formatOf(kind).decode(file, undefined)) for (const row of recordsOf(batch.records)) tally.take(row)
    return tally.done()
  }

async function rangeOf(file: string, start: number, end: number): Promise<Uint8Array> {
  await using handle = await open(file)
  const bytes = new Uint8Array(end - start)
  await handle.read(bytes, 0, bytes.length, start)
  return bytes
}
