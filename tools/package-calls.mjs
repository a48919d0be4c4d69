/**
 * One call per package, made on the packed and installed package as ESM and as CJS. It runs the code whose dependencies could be
 * bundled wrongly. Each function is sent to another process as text, so it uses nothing but its argument; it fails by throwing.
 */
export const packageCalls = {
  // Both places where p-limit is called: splits in parallel, and an asynchronous step.
  '@millrace/etl-core': async core => {
    const written = []
    const source = {
      name: 'two numbers',
      capabilities: { resumable: false, rereads: 'same' },
      plan: async () => ({ splits: [{ id: 'all', params: null }] }),
      async *read() {
        yield { records: [1, 2], cursor: 1 }
      },
    }
    const writer = {
      write: async batch => ({ rejected: written.push(...batch.rows.toArray()) && [] }),
      flush: async () => undefined,
      commit: async () => null,
      suspend: async () => {},
      abort: async () => {},
    }
    const sink = {
      name: 'an array',
      capabilities: { disposition: 'append', durableAt: 'commit', replay: 'duplicates', cursor: 'outside' },
      open: async () => writer,
    }
    const build = () =>
      core
        .from(source)
        .eachAsync(async number => number * 2, { concurrency: 2 })
        .into(sink)
    const report = await core.run(core.definePipeline({ name: 'doubled', build }))
    if (report.status !== 'succeeded' || String(written) !== '2,4') throw new Error(JSON.stringify({ report, written }))
  },

  '@millrace/schema': ({ column, columnsOf }) => {
    const columns = columnsOf(undefined, [{ name: 'id', type: { kind: 'int64' }, nullable: false }])
    if (columns.length !== 1 || column.decimal(18, 4).parse('1.50') !== '1.50') throw new Error(JSON.stringify(columns))
  },

  '@millrace/lambda': ({ lambdaHandler }) => {
    if (typeof lambdaHandler !== 'function') throw new Error('no lambdaHandler')
  },
}
