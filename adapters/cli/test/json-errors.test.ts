import { describe, expect, test } from 'vitest'
import { command, fileWith, jsonLines, numbers, tempFolder } from './support/command.js'

const to = () => ['--to', `lines:${tempFolder()}`]

/** What a program finds on stdout, and the exit code. */
async function read(...argv: string[]) {
  const { code, out, err } = await command(argv, { isTTY: true })
  return { code, err, lines: jsonLines(out) }
}

const broken = () => fileWith('orders.ts', 'export default definePipeline(\n')

describe('with --json, stdout ends with the error', () => {
  test.each([
    ['a flag nobody knows', () => ['run', numbers, ...to(), '--cuont', '3'], 'ETL_FLAGS_INVALID'],
    ['a file that does not compile', () => ['run', broken()], 'ETL_PIPELINE_COMPILE'],
    ['a pipeline nobody knows', () => ['explain', 'no-such-pipeline'], 'ETL_PIPELINE_NOT_FOUND'],
    ['a place nobody opens', () => ['run', numbers, '--to', 's3://bucket/x'], 'ETL_PLACE_SCHEME'],
    ['a flag of list', () => ['list', '--all'], 'ETL_FLAGS_INVALID'],
    ['a question nobody can answer', () => ['state', 'reset', numbers, ...to()], 'ETL_FLAGS_INVALID'],
    ['rejects of a file that does not compile', () => ['rejects', 'ls', broken()], 'ETL_PIPELINE_COMPILE'],
    ['a command nobody knows', () => ['explian'], 'ETL_FLAGS_INVALID'],
    ['a folder that cannot be a project', () => ['init', broken()], 'ETL_INIT_IN_THE_WAY'],
  ])('for %s, once, and stderr has it for people', async (_, argv, code) => {
    const found = await read(...argv(), '--json')

    expect(found.code).toBe(2)
    expect(found.lines).toMatchObject([{ type: 'error', atMs: expect.any(Number), error: { code, retry: 'never' } }])
    expect(found.err).toContain(`[${code}]`)
  })

  test('as the output of a run that a program reads does without it', async () => {
    for (const argv of [
      ['run', numbers, '--cuont'],
      ['rejects', 'replay', numbers, '--cuont'],
    ]) {
      const { out } = await command(argv, { isTTY: false })
      expect(jsonLines(out)).toMatchObject([{ type: 'error' }])
    }
  })

  test('and without it, nothing of the error is on stdout of a terminal, nor of commands that print text', async () => {
    expect((await read('run', numbers, '--cuont')).lines).toEqual([])
    expect((await command(['list', '--all'], { isTTY: false })).out).toBe('')
  })
})
