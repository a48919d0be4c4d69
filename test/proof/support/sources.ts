import { RecordError, type Source } from '@millrace/etl-core'
import { arraySource } from '@millrace/etl-testkit/cases'
import { duckdbSource } from './database-sources.js'
import { type Draft, isUnreadable } from './drafts.js'
import { bucketOf, folderOf } from './object-sources.js'
import { thePlants } from './plants-source.js'
import { asDraft, type SourceLine } from './source-line.js'
import { theWorldBank } from './worldbank-source.js'

/** A source that cannot read some of the records it has. */
function withUnreadable(source: Source<Draft>): Source<Draft> {
  return {
    ...source,
    async *read(split, from, ctx) {
      for await (const batch of source.read(split, from, ctx)) {
        const records = batch.records as readonly Draft[]
        const broken = records.filter(isUnreadable)
        const error = new RecordError('ETL_RECORD_UNPARSABLE', 'it is broken')
        yield {
          records: records.filter(each => !broken.includes(each)),
          cursor: batch.cursor,
          unreadable: broken.map(({ id }) => ({ raw: id, position: { id }, error })),
        }
      }
    },
  }
}

const arrays: SourceLine = {
  name: 'arrays',
  async serve(drafts) {
    const splits = Object.assign({}, ...Object.values(drafts)) as Record<string, readonly Draft[]>
    const group = Object.fromEntries(Object.entries(drafts).flatMap(([name, of]) => Object.keys(of).map(split => [split, name])))
    return { open: () => withUnreadable(arraySource({ splits, group })), draftOf: asDraft, close: async () => {} }
  },
}

/** Every source there is. A new one is one more line. */
export const sources: readonly SourceLine[] = [
  arrays,
  folderOf('ndjson'),
  folderOf('csv+gzip'),
  folderOf('parquet'),
  bucketOf('csv'),
  theWorldBank,
  thePlants,
  duckdbSource,
]
