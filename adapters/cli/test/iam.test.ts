import { describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../../tools/workspaces.mjs'
import type { Policy } from '../src/iam/policy.js'
import { command, fileWith, jsonLines } from './support/command.js'

const iam = (...flags: string[]) => command(['iam', ...flags], { cwd: repositoryRoot })

describe('millrace iam', () => {
  test('prints the policy alone on stdout, so that it can be piped', async () => {
    const { code, out } = await iam('worldbank', '--to', 's3://bucket/prefix')
    const policy = JSON.parse(out) as Policy

    expect(code).toBe(0)
    expect(policy.Version).toBe('2012-10-17')
    expect(policy.Statement.flatMap(({ Resource }) => Resource).filter(arn => !arn.startsWith('arn:aws:s3:::bucket'))).toEqual([])
  })

  test('allows nothing of the bucket but what lies at the place, and what is asked of the bucket itself', async () => {
    const { Statement } = JSON.parse((await iam('worldbank', '--to', 's3://bucket/prefix')).out) as Policy
    const outside = Statement.flatMap(({ Resource }) => Resource).filter(arn => !arn.startsWith('arn:aws:s3:::bucket/prefix/'))

    expect(new Set(outside)).toEqual(new Set(['arn:aws:s3:::bucket']))
    expect(Statement.flatMap(({ Action }) => Action).filter(action => action.includes('*'))).toEqual([])
  })

  test('says on stderr which parts need no permission, and which example stands for a parameter that is required', async () => {
    const { err } = await iam('worldbank', '--to', 's3://bucket/prefix')

    expect(err).toContain('source: HTTP https://api.worldbank.org needs no permission of IAM')
    expect(err).toContain('--indicators SP.POP.TOTL,NY.GDP.MKTP.CD')
  })

  test('of a folder is an empty policy, and says so', async () => {
    const { code, out, err } = await iam('worldbank', '--to', 'file:./out')

    expect([code, JSON.parse(out)]).toEqual([0, { Version: '2012-10-17', Statement: [] }])
    expect(err).toContain('sink and state: the file system file:./out needs no permission of IAM')
    expect(err).toContain('the policy is empty')
  })

  test('goes by where --state says that state is', async () => {
    const policy = (await iam('worldbank', '--to', 'file:./out', '--state', 's3://states/here')).out

    expect(policy).toContain('arn:aws:s3:::states/here/_millrace/worldbank/state/*.json')
    expect(policy).not.toContain('staging')
  })

  test('with --why says what each statement is for, beside the policy', async () => {
    const { out, err } = await iam('worldbank', '--to', 's3://bucket/prefix', '--why')
    const { Statement } = JSON.parse(out) as Policy

    expect(Statement.map(({ Sid }) => Sid).filter(sid => !err.includes(`${sid}\n`))).toEqual([])
    expect(err).toContain('sink, staging: keeps what is flushed')
  })

  test('with --json says all of it as one object', async () => {
    const { out, err } = await iam('worldbank', '--to', 's3://bucket/prefix', '--json')

    expect(jsonLines(out)[0]).toMatchObject({ pipeline: 'worldbank', policy: { Version: '2012-10-17' } })
    expect((jsonLines(out)[0] as { statements: unknown[] }).statements).toContainEqual({
      sid: 'UnfinishedUploads',
      reasons: [expect.objectContaining({ part: 'sink', what: 'unfinished uploads' })],
    })
    expect(err).toBe('')
  })

  test('does not make up a place', async () => {
    const { code, err } = await iam(
      fileWith(
        'orders.mjs',
        `export default Object.defineProperty({
          name: 'orders', version: '1', volatile: [], loadOnly: [], connectors: [], examples: [], triggers: {},
          params: { '~standard': {
            version: 1, vendor: 'test',
            validate: value => value.to ? { value } : { issues: [{ message: 'is required', path: ['to'] }] },
            jsonSchema: { input: () => ({ type: 'object', required: ['to'], properties: { to: { type: 'string', examples: ['s3://bucket/prefix'] } } }) },
          } },
          build() { throw new Error('reached') },
        }, Symbol.for('millrace.pipeline'), { value: true })`,
      ),
    )

    expect(code).toBe(2)
    expect(err).toContain('--to is required')
  })
})
