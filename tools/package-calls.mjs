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

  // Each format loads what it needs when it is first used.
  '@millrace/formats': async ({ csv, ndjson, parquet, encodeAll, decodeAll }) => {
    const columns = [{ name: 'id', type: { kind: 'string' }, nullable: false }]
    for (const format of [csv(), csv({ delimiter: '::' }), ndjson(), parquet({ columns })]) {
      const { records } = await decodeAll(format, await encodeAll(format, [{ id: 'a' }, { id: 'b' }]))
      if (String(records.map(record => record.id)) !== 'a,b') throw new Error(JSON.stringify({ format, records }))
    }
  },

  '@millrace/http': async ({ httpReader }) => {
    const { createServer } = await import('node:http')
    const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const reader = httpReader()
    const answer = (await reader.request(`http://127.0.0.1:${server.address().port}/`)).text()
    await reader.close()
    server.close()
    if (answer !== 'hello') throw new Error(answer)
  },

  '@millrace/objects': ({ folder }) => {
    if (folder.scheme !== 'file') throw new Error(JSON.stringify(folder))
  },

  '@millrace/relational': ({ planSingle }) => {
    const columns = [{ name: 'id', type: { kind: 'int32' }, nullable: false }]
    const { tables } = planSingle({ table: 'readings' }, columns, { physicalType: () => 'INTEGER', maxNameChars: 60 })
    if (tables[0].name !== 'readings') throw new Error(JSON.stringify(tables))
  },

  '@millrace/aws': ({ quietly, endpointIn }) => {
    const found = endpointIn({ AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' }, 'S3')
    if (quietly(() => 1) !== 1 || found.name !== 'AWS_ENDPOINT_URL_S3') throw new Error(JSON.stringify(found))
  },

  // Nothing answers there: the SDK is loaded, a request is made, and its error translated.
  '@millrace/dynamodb': async ({ dynamodb, dynamoState }) => {
    const reached = { endpoint: 'http://127.0.0.1:9', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1 }
    const state = dynamoState({ table: 'etl-state', pipeline: 'orders', ...reached })
    const error = await state.load('head').catch(error => error)
    if (dynamodb.scheme !== 'dynamodb' || error.code !== 'ETL_STATE_UNAVAILABLE') throw error
  },

  // The same.
  '@millrace/s3': async ({ s3, s3Store }) => {
    const endpoint = 'http://127.0.0.1:9'
    const store = s3Store({ bucket: 'lake', endpoint, credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1 })
    const error = await store.head('a').catch(error => error)
    if (s3.scheme !== 's3' || error.code !== 'ETL_SOURCE_UNAVAILABLE') throw error
  },

  '@millrace/sink-s3': ({ s3, s3Sink }) => {
    const sink = s3Sink({ bucket: 'lake', path: 'all.csv', format: { extension: 'csv' } })
    if (s3.scheme !== 's3' || sink.home.place !== 's3://lake') throw new Error(JSON.stringify(sink))
  },

  '@millrace/source-s3': ({ s3Source }) => {
    const source = s3Source({ bucket: 'lake', format: { extension: 'csv', layout: null } })
    if (typeof source.plan !== 'function') throw new Error(JSON.stringify(source))
  },

  // The driver is loaded, with its library, and a file made.
  '@millrace/duckdb': async ({ duckdbFile }) => {
    const place = duckdbFile(`${process.cwd()}/package-calls.duckdb`)
    const state = place.home.state('calls')
    const version = await state.save('head', 1, 'absent')
    const found = await state.load('head')
    await state.remove('head', version)
    if (found?.value !== 1) throw new Error(JSON.stringify(found))
  },

  '@millrace/sink-duckdb': ({ duckdb, duckdbTable }) => {
    const sink = duckdbTable({ file: './plants.duckdb', table: 'readings' })
    if (duckdb.scheme !== 'duckdb' || sink.home.place !== 'duckdb:./plants.duckdb') throw new Error(JSON.stringify(sink))
  },

  // Nothing is connected before it is needed.
  // Nothing answers there: both drivers are loaded, a connection is tried, and its error translated.
  '@millrace/sqlserver': async ({ sqlServer, sqlServerState }) => {
    const credentials = () => ({ user: 'a', password: 'b' })
    const state = sqlServerState('sqlserver://127.0.0.1:9/plants', 'plants', { credentials })
    const error = await state.load('head').catch(error => error)
    if (sqlServer.scheme !== 'sqlserver' || error.code !== 'ETL_STATE_UNAVAILABLE') throw error
  },

  '@millrace/sink-sqlserver': ({ sqlServer, sqlServerTable }) => {
    if (sqlServer.scheme !== 'sqlserver' || typeof sqlServerTable !== 'function') throw new Error(JSON.stringify(sqlServer))
  },

  '@millrace/source-sqlserver': ({ sqlServer, sqlServerRows }) => {
    if (sqlServer.scheme !== 'sqlserver' || typeof sqlServerRows !== 'function') throw new Error(JSON.stringify(sqlServer))
  },

  '@millrace/source-duckdb': ({ duckdb, duckdbRows }) => {
    if (duckdb.scheme !== 'duckdb' || typeof duckdbRows !== 'function') throw new Error(JSON.stringify(duckdb))
  },

  '@millrace/source-worldbank': ({ worldBank }) => {
    const source = worldBank({ indicators: ['SP.POP.TOTL'] })
    if (typeof source.plan !== 'function') throw new Error(JSON.stringify(source))
  },

  // Its limit is p-limit, inside.
  '@millrace/source-plants': ({ plants, plausibleReading }) => {
    const source = plants({ apiUrl: 'http://127.0.0.1:9/plants' })
    if (source.name !== 'plants' || plausibleReading().safeParse({}).success) throw new Error(JSON.stringify(source))
  },

  '@millrace/etl-testkit': testkit => {
    if (typeof testkit.describeSink !== 'function') throw new Error(`no describeSink in ${Object.keys(testkit)}`)
  },

  '@millrace/lambda': async ({ lambdaHandler }) => {
    const refusal = await (async () => lambdaHandler({}))().catch(error => error)
    if (refusal.code !== 'ETL_CONFIG_INVALID') throw refusal
  },

  '@millrace/cli': async ({ main }) => {
    let shown = ''
    const code = await main(['--version'], { stdout: { write: text => (shown += text) } })
    if (code !== 0 || !/^\d+\.\d+\.\d+\n$/.test(shown)) throw new Error(`${code}: ${shown}`)
  },

  '@millrace/system-worldbank': ({ worldbank, params }) => {
    worldbank.build(params.parse({ indicators: ['SP.POP.TOTL'] }))
  },

  '@millrace/system-plants': ({ plants, archive, daily, retrieve }) => {
    for (const pipeline of [plants, archive, daily, retrieve]) pipeline.build(pipeline.params.parse({}))
  },
}
