import { definePipeline, type Pipeline } from '@millrace/etl-core'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { fieldsOf, kebab, paramFields } from '../src/flags/param-fields.js'
import { paramValue } from '../src/flags/param-values.js'
import { problemText, readParams } from '../src/flags/params.js'
import { parseFlags } from '../src/flags/parse.js'
import { fileWith, tempFolder } from './support/command.js'

const pipelineWith = (params?: Pipeline['params']) =>
  definePipeline({ name: 'p', ...(params ? { params } : {}), build: () => ({}) as never }) as Pipeline

/** What the flags make of a pipeline's parameters. */
async function read(params: Pipeline['params'], argv: readonly string[], cwd = tempFolder()) {
  const pipeline = pipelineWith(params)
  const known = await paramFields(pipeline)
  const given = parseFlags(
    {
      usage: 'millrace run p',
      params: known.fields,
      groups: [{ heading: '', flags: [{ name: 'params', value: 'json', does: '' }] }],
    },
    argv,
  )
  const result = await readParams(pipeline, known, given, cwd)
  return { ...result, problems: [...given.problems, ...result.problems] }
}

describe('flags made of a params schema', () => {
  const schema = z.object({
    since: z.int().min(1960).default(2000).describe('first year'),
    indicators: z.array(z.string()).default(['SP.POP.TOTL']),
    years: z.array(z.int()).optional(),
    aggregates: z.enum(['keep', 'drop', 'only']).default('drop'),
    gzip: z.boolean().default(true),
    dryRun: z.boolean().default(false),
    noCache: z.boolean().optional(),
    limit: z.union([z.int(), z.string().regex(/^\d+%$/)]).optional(),
    when: z.coerce.date().optional(),
    filter: z.object({ region: z.string() }).optional(),
    to: z.string(),
  })
  const input = async (...argv: string[]) => {
    const { input, problems } = await read(schema, ['--to', 'file:./out', ...argv])
    expect(problems).toEqual([])
    const { to: _, ...rest } = input
    return rest
  }

  test('only what was given is handed on, so that one place owns the defaults', async () => {
    expect(await input()).toEqual({})
  })

  test('numbers arrive as numbers, also negative ones', async () => {
    expect(await input('--since', '2010')).toEqual({ since: 2010 })
    expect((await read(z.object({ by: z.number() }), ['--by', '-2.5'])).input).toEqual({ by: -2.5 })
  })

  test('a list is given by commas, by repetition, or as JSON when its items hold commas', async () => {
    expect(await input('--indicators', 'A,B', '--indicators', 'C')).toEqual({ indicators: ['A', 'B', 'C'] })
    expect(await input('--years', '1999, 2001')).toEqual({ years: [1999, 2001] })
    expect(await input('--indicators', '["a,b","c"]')).toEqual({ indicators: ['a,b', 'c'] })
  })

  test('a switch is turned off by --no-, whatever its default', async () => {
    expect(await input('--no-gzip', '--dry-run')).toEqual({ gzip: false, dryRun: true })
    expect(await input('--gzip', '--no-dry-run')).toEqual({ gzip: true, dryRun: false })
  })

  test('a parameter whose own name begins with "no" is not taken for a negation', async () => {
    expect(await input('--no-cache')).toEqual({ noCache: true })
  })

  test('a union is read in the order the schema lists', async () => {
    expect(await input('--limit', '10')).toEqual({ limit: 10 })
    expect(await input('--limit', '10%')).toEqual({ limit: '10%' })
  })

  test('what JSON Schema cannot say arrives as text, an object as JSON', async () => {
    expect(await input('--when', '2024-05-01', '--filter', '{"region":"EU"}')).toEqual({
      when: '2024-05-01',
      filter: { region: 'EU' },
    })
  })

  test('every problem is told at once, each naming its flag', async () => {
    const { problems } = await read(schema, ['--since', 'soon', '--years', '1,x', '--aggregates', 'kepp', '--gzipp'])

    expect(problems).toEqual([
      '--gzipp is not a flag of millrace run p. Did you mean --gzip?',
      '--since: takes a number.',
      '--years, value 2: takes a number.',
      '--aggregates: takes one of keep, drop, only. Did you mean "keep"?',
      '--to is required.',
    ])
  })

  test('limits are told plainly, and what a schema says in its own words stays', async () => {
    const limited = z.object({
      indicators: z.array(z.string()).min(1),
      since: z.int().min(1960).max(2100),
      share: z.number().gt(0),
      name: z.string().min(1),
      code: z.string().max(3),
      on: z.iso.date(),
      own: z.int().min(5, 'five is the least'),
    })
    const flags = [
      '--indicators',
      '',
      '--since',
      '1900',
      '--share',
      '0',
      '--name',
      '',
      '--code',
      'abcd',
      '--on',
      'x',
      '--own',
      '1',
    ]
    const { problems } = await read(limited, flags)

    expect(problems).toEqual([
      '--indicators: takes at least 1 value.',
      '--since: must be at least 1960.',
      '--share: must be more than 0.',
      '--name: must not be empty.',
      '--code: takes at most 3 characters.',
      '--on: Invalid ISO date.',
      '--own: five is the least.',
    ])
  })

  test('a whole number that float64 cannot hold is refused instead of rounded', async () => {
    expect((await read(z.object({ n: z.int() }), ['--n', '9007199254740993'])).problems).toHaveLength(1)
  })
})

describe('--params', () => {
  const schema = z.object({ since: z.int().default(1), to: z.string().default('x') })

  test('gives all parameters as JSON, and flags go over it', async () => {
    const { input } = await read(schema, ['--params', '{"since":5,"to":"a"}', '--to', 'b'])

    expect(input).toEqual({ since: 5, to: 'b' })
  })

  test('reads a file', async () => {
    const file = fileWith('p.json', '{"since":7}')

    expect((await read(schema, ['--params', `@${file}`])).input).toEqual({ since: 7 })
  })

  test('names a slip in a parameter name', async () => {
    expect((await read(schema, ['--params', '{"sinse":5}'])).problems).toEqual([
      '--params: there is no parameter "sinse". Did you mean "since"?',
    ])
  })

  test('names a slip once where the schema refuses what it does not know, too', async () => {
    const strict = z.strictObject({ indicators: z.array(z.string()) })

    expect((await read(strict, ['--params', '{"indicatorz":["a"]}'])).problems).toEqual([
      '--params: there is no parameter "indicatorz". Did you mean "indicators"?',
      '--indicators is required.',
    ])
  })

  test('that cannot be read is the only thing wrong: nobody knows what it leaves out', async () => {
    const needed = z.object({ indicators: z.array(z.string()), since: z.int().default(1) })

    expect((await read(needed, ['--params', '@nofile.json'])).problems).toEqual(['--params: there is no file nofile.json.'])
    expect((await read(needed, ['--params', '{', '--since', 'x'])).problems).toEqual([
      expect.stringContaining('is not JSON'),
      '--since: takes a number.',
    ])
  })

  test('never shows the text it could not read', async () => {
    const { problems } = await read(schema, ['--params', '{"password":"hunter2"'])

    expect(problems.join()).toContain('not JSON')
    expect(problems.join()).not.toContain('hunter2')
  })

  test('is the only way for a schema that tells no flags, and for nothing else', async () => {
    expect((await read(v.object({ n: v.number() }), ['--params', '{"n":1}'])).output).toEqual({ n: 1 })
    expect((await read(undefined, ['--params', '{"n":1}'])).problems).toEqual(['Pipeline "p" takes no parameters.'])
  })
})

describe('JSON Schema', () => {
  test('references and intersections are followed', () => {
    const { fields } = fieldsOf({
      allOf: [{ $ref: '#/$defs/paging' }, { properties: { to: { type: 'string' } }, required: ['to'] }],
      $defs: { paging: { properties: { pageSize: { type: 'integer', default: 50 } } } },
    })

    expect(fields.map(({ flag, required, kinds }) => ({ flag, required, kinds }))).toEqual([
      { flag: 'page-size', required: false, kinds: ['number'] },
      { flag: 'to', required: true, kinds: ['string'] },
    ])
  })

  test('two parameters that would be one flag are refused', () => {
    expect(() => fieldsOf({ properties: { pageSize: {}, page_size: {} } })).toThrow(/both the flag --page-size/)
  })

  test('names become flags people would guess', () => {
    expect(['lastUpdated', 'baseURL', 'URLPrefix', 's3_key', 'to'].map(kebab)).toEqual([
      'last-updated',
      'base-url',
      'url-prefix',
      's3-key',
      'to',
    ])
  })
})

test('any finite number survives its way through a flag', () => {
  const [field] = fieldsOf({ properties: { n: { type: 'number' } } }).fields
  const runs = process.env.MILLRACE_TEST_LONG ? 2000 : 100
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
      const read = paramValue(field!, [String(value)])
      return typeof read === 'number' ? Object.is(read, value) || read === value : !Number.isSafeInteger(value)
    }),
    { numRuns: runs },
  )
})

test('a complaint about the parameters as a whole stands for itself', () => {
  expect(problemText({ message: 'since is after until', path: [] }, [], {})).toBe('since is after until')
})
