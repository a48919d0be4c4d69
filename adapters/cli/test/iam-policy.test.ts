import type { PartAccess } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import { policyOf, statementsOf } from '../src/iam/policy.js'
import { covers } from '../src/iam/wildcards.js'

const need = (over: Partial<PartAccess>): PartAccess => ({
  part: 'sink',
  system: 'aws',
  what: 'objects',
  actions: ['s3:GetObject'],
  resources: ['arn:aws:s3:::lake/a/*'],
  why: 'reads',
  ...over,
})

/** The character itself, in a pattern. */
const literal = (char: string) => ['$', '{', char, '}'].join('')

const policy = (...needed: Partial<PartAccess>[]) => policyOf(statementsOf(needed.map(need))).Statement
const short = (...needed: Partial<PartAccess>[]) =>
  policy(...needed).map(({ Action, Resource }) =>
    `${Action.join(' ')} on ${Resource.join(' ')}`.replaceAll('arn:aws:s3:::lake/', ''),
  )

describe('a pattern covers', () => {
  test.each([
    ['a/*', 'a/b/*.csv'],
    ['*', ''],
    ['a/*/c*', 'a/*/x/c'],
    ['a?c', 'abc'],
    ['a?c', 'a?c'],
    ['a*', 'a?'],
    ['**a', '*a'],
    [`a/${literal('*')}`, `a/${literal('*')}`],
    ['a/*', `a/${literal('*')}`],
    [`${literal('$')}{x}`, `${literal('$')}{x}`],
  ])('%s: %s', (wide, narrow) => {
    expect(covers(wide, narrow)).toBe(true)
  })

  test.each([
    ['a/*.csv', 'a/*'],
    ['a/b', 'a/?'],
    ['a?c', 'a*c'],
    [`a/${literal('*')}`, 'a/*'],
    [`a/${literal('*')}`, 'a/b'],
    ['a', 'aa'],
    ['*a', 'a*'],
  ])('%s, but not %s', (wide, narrow) => {
    expect(covers(wide, narrow)).toBe(false)
  })
})

describe('a policy', () => {
  test('has one statement for what is allowed on the same resources, and for resources on which the same is allowed', () => {
    const found = short(
      {},
      { actions: ['s3:PutObject'] },
      { actions: ['s3:PutObject', 's3:GetObject'], resources: ['arn:aws:s3:::lake/b/*'] },
      { actions: ['s3:DeleteObject'], resources: ['arn:aws:s3:::lake/c'] },
    )

    expect(found).toEqual(['s3:GetObject s3:PutObject on a/* b/*', 's3:DeleteObject on c'])
  })

  test('leaves out what a wider pattern allows, and only for the action that it allows', () => {
    const found = short({}, { actions: ['s3:GetObject', 's3:PutObject'], resources: ['arn:aws:s3:::lake/a/b.csv'] })

    expect(found).toEqual(['s3:GetObject on a/*', 's3:PutObject on a/b.csv'])
  })

  test('has the prefixes of all who list a bucket in one condition, the widest alone', () => {
    const listing = (prefix: string): Partial<PartAccess> => ({
      actions: ['s3:ListBucket'],
      resources: ['arn:aws:s3:::lake'],
      condition: { StringLike: { 's3:prefix': [prefix] } },
    })

    expect(policy(listing('b/*'), listing('a/*'), listing('a/x/*')).map(({ Condition }) => Condition)).toEqual([
      { StringLike: { 's3:prefix': ['a/*', 'b/*'] } },
    ])
  })

  test('keeps one of two patterns that stand for the same', () => {
    const listing = { actions: ['s3:ListBucket'], condition: { StringLike: { 's3:prefix': ['a/**', 'a/*'] } } }

    expect(short({ resources: ['a/**'] }, { resources: ['a/*'] })).toEqual(['s3:GetObject on a/**'])
    expect(policy(listing).map(({ Condition }) => Condition)).toEqual([{ StringLike: { 's3:prefix': ['a/**'] } }])
  })

  test('keeps apart what is allowed under a condition and what is allowed always', () => {
    const condition = { StringEquals: { 'aws:ResourceAccount': '1' } }

    expect(policy({}, { condition }).map(({ Condition }) => Condition)).toEqual([undefined, condition])
  })

  test('is the same text for the same needs', () => {
    const needs = [{}, { actions: ['s3:PutObject'] }, { resources: ['arn:aws:s3:::lake/b'] }]

    expect(JSON.stringify(policy(...needs))).toBe(JSON.stringify(policy(...needs)))
  })

  test('names its statements after what they are for, each by a name of its own', () => {
    const found = policy(
      { what: 'published objects' },
      { what: 'published objects', actions: ['s3:PutObject'], resources: ['x'] },
    )

    expect(found.map(({ Sid }) => Sid)).toEqual(['PublishedObjects', 'PublishedObjects2'])
  })

  test('says nothing of other systems', () => {
    expect(policy({ system: 'SQL Server', actions: ['SELECT'] })).toEqual([])
  })
})
