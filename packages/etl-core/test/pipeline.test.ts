import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  type Connector,
  connectWith,
  definePipeline,
  from,
  isPipeline,
  memoryState,
  parsePlace,
  run,
  type Sink,
} from '../src/index.js'
import { numbers, parts } from './world.js'

const { sink } = parts()
const home = { place: 'mem:', state: () => memoryState() }
const mem: Connector = {
  kind: 'objects',
  scheme: 'mem',
  open: () => ({ sink: <T>() => sink as unknown as Sink<T>, source: () => Promise.reject(new Error('unused')) as never, home }),
}
const table: Connector = {
  kind: 'sql',
  scheme: 'db',
  open: () => ({
    table: <T>() => sink as unknown as Sink<T>,
    tables: <T>() => sink as unknown as Sink<T>,
    source: () => Promise.reject(new Error('unused')) as never,
    home,
  }),
}
const stateOnly: Connector = { kind: 'state', scheme: 'keep', open: () => ({ home }) }
const toPlace = (connectors: Connector[]) =>
  definePipeline({
    name: 'to',
    connectors,
    params: z.object({ to: z.string() }),
    build: ({ params, connect }) =>
      from(numbers({ splits: { a: [1] } }).source).into(connect.objects(params.to, { path: 'x', format: undefined as never })),
  })

describe('definePipeline', () => {
  it('makes a value that any copy of Millrace recognises', () => {
    const pipeline = toPlace([mem])

    expect(isPipeline(pipeline)).toBe(true)
    expect(isPipeline({ ...pipeline })).toBe(false)
    expect(Object.isFrozen(pipeline)).toBe(true)
  })

  it('refuses a name that cannot name state and two connectors of one scheme, both at once', () => {
    const bad = () =>
      definePipeline({ name: 'a/b', connectors: [mem, mem], build: () => from(numbers({ splits: {} }).source).into(sink) })

    expect(bad).toThrowError(/"a\/b" must match .*two connectors open "mem:"/)
  })

  it('names all parameter problems at once, before anything is built', async () => {
    const pipeline = definePipeline({
      name: 'x',
      params: z.strictObject({ since: z.int(), to: z.string() }),
      build: () => {
        throw new Error('built')
      },
    })

    const running = run(pipeline, { since: 'x', other: 1 } as never)

    await expect(running).rejects.toMatchObject({ code: 'ETL_PARAMS_INVALID', context: { issues: { length: 3 } } })
  })

  it('a pipeline without parameters takes none', async () => {
    const pipeline = definePipeline({ name: 'x', build: () => from(numbers({ splits: { a: [1] } }).source).into(sink) })

    expect((await run(pipeline)).status).toBe('succeeded')
    await expect(run(pipeline, { to: 'x' } as never)).rejects.toMatchObject({ code: 'ETL_PARAMS_INVALID' })
  })
})

describe('wrong wiring is told in words, since the command checks no types', () => {
  const { source } = numbers({ splits: { a: [1] } })
  const broken = (read: () => AsyncIterable<unknown>) => ({ ...source, read }) as typeof source

  it.each([
    ['a flow without into', () => from(source), /ends in \.into\(sink\)/],
    ['no source', () => from([1] as never).into(sink as never), /from\(\) takes a source/],
    ['no sink', () => from(source).into({} as never), /into\(\) takes a sink/],
    [
      'an unknown cast',
      () =>
        from(source as never)
          .cast({ a: 'money' } as never)
          .into(sink as never),
      /cast knows int32/,
    ],
  ])('%s', async (_, build, says) => {
    const running = run(definePipeline({ name: 'x', build: build as never }))

    await expect(running).rejects.toMatchObject({ code: 'ETL_CONFIG_INVALID', message: expect.stringMatching(says) })
  })

  it('parameters that are no schema', () => {
    expect(() => definePipeline({ name: 'x', params: {} as never, build: () => from(source).into(sink) })).toThrowError(
      /Standard Schema/,
    )
  })

  it('a plan without splits, and a batch that is none', async () => {
    const planless = { ...source, plan: async () => undefined as never }
    const batchless = broken(async function* () {
      yield [1, 2]
    })
    const pipeline = (of: typeof source) => definePipeline({ name: 'x', build: () => from(of).into(sink) })

    await expect(run(pipeline(planless))).rejects.toMatchObject({ code: 'ETL_PLAN_INVALID' })
    expect(await run(pipeline(batchless))).toMatchObject({ error: { code: 'ETL_BATCH_INVALID' } })
  })
})

describe('connect', () => {
  it('opens a place through the connector of its scheme, whatever its case', async () => {
    const report = await run(toPlace([table, mem]), { to: 'MEM:anything' })

    expect(report.status).toBe('succeeded')
  })

  it('an unlisted scheme is refused with the listed ones', async () => {
    await expect(run(toPlace([mem, table]), { to: 's3://bucket' })).rejects.toMatchObject({
      code: 'ETL_PLACE_SCHEME',
      message: expect.stringContaining('Listed: mem:, db:'),
    })
  })

  it('a place that holds tables is refused where objects are needed', async () => {
    await expect(run(toPlace([mem, table]), { to: 'db:x' })).rejects.toMatchObject({ code: 'ETL_PLACE_INVALID' })
  })

  it('a place that holds state alone is a home for it, and refused where data goes', async () => {
    const refused = run(toPlace([mem, stateOnly]), { to: 'keep:x' })

    await expect(refused).rejects.toMatchObject({
      code: 'ETL_PLACE_INVALID',
      message: 'keep:x holds state alone, and objects are needed here. Listed: mem:',
    })
    expect(connectWith([stateOnly]).place('keep:x').home).toBe(home)
  })
})

describe('a place', () => {
  it.each(['./out', 'out', '', ':x', 'file:'])('%o is none without a scheme and something behind it', text => {
    expect(() => parsePlace(text)).toThrowError(/is not a place/)
  })

  it.each([
    'sqlserver://user:geheim@host/db',
    'sqlserver://host/db?password=geheim',
    'sqlserver://host;Password=geheim;x=1',
    's3://key:geheim@bucket/prefix',
    'sqlserver://sa:Se/geheim@h',
    'sqlserver://sa:Se#geheim@h',
    'sqlserver://sa:Se?geheim@h',
    'sqlserver:sa:geheim@host',
    'sqlserver://host; Password = geheim ;x=1',
    's3://bucket/x?sig=geheim',
  ])('%s is refused for its password, which is not repeated', text => {
    const parse = () => parsePlace(text)

    expect(parse).toThrowError(/holds a password/)
    expect(parse).not.toThrowError(/geheim/)
  })

  it('is shown without user, query and fragment', () => {
    expect(parsePlace('s3://user@bucket/prefix?x=1#y').shown).toBe('s3://bucket/prefix')
    expect(parsePlace('file:./a:b@c/out').shown).toBe('file:./a:b@c/out')
  })
})
