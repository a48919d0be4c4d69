import { describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../../tools/workspaces.mjs'
import { duties, type FlagName, type Role, roles } from '../src/iam/duties.js'
import type { Policy } from '../src/iam/policy.js'
import { command } from './support/command.js'

const iam = (...flags: string[]) => command(['iam', 'worldbank', '--to', 'file:./out', ...flags], { cwd: repositoryRoot })
const statementsOf = async (...flags: string[]) => {
  const { code, out, err } = await iam(...flags)
  expect(code, err).toBe(0)
  return (JSON.parse(out) as Policy).Statement
}

const values: Record<Exclude<FlagName, 'vpc' | 'tracing'>, string> = {
  function: 'orders',
  'hand-on': 'again',
  'dead-letters': 'dead',
  failures: 'failed',
  queue: 'orders',
  secret: 'arn:aws:secretsmanager:eu-west-2:123456789012:secret:db-AbCdEf',
  key: 'arn:aws:kms:eu-west-2:123456789012:key/1',
  'bucket-key': 'arn:aws:kms:eu-west-2:123456789012:key/2',
  artifacts: 'artifacts',
  connection: 'arn:aws:codestar-connections:eu-west-2:123456789012:connection/1',
  project: 'orders-test',
  deployment: 'orders/orders',
}
/** What is said for a role to have all that it may have, handing on by a queue. */
const everything = (role: Role) => [
  ...['--iam-role', role],
  ...duties
    .filter(duty => duty.roles.includes(role))
    .flatMap(({ flag }) => (flag === 'vpc' || flag === 'tracing' ? [`--iam-${flag}`] : [`--iam-${flag}`, values[flag]])),
]

describe('the policy of a role', () => {
  test.each(Object.keys(roles) as Role[])('%s has the actions of its duties and no others', async role => {
    const wanted = duties.filter(duty => duty.roles.includes(role) && duty.value === undefined).flatMap(({ actions }) => actions)

    const found = (await statementsOf(...everything(role))).flatMap(({ Action }) => Action)

    expect(new Set(found)).toEqual(new Set(wanted))
  })

  test('of a function that invokes itself names it, with and without its aliases', async () => {
    const found = await statementsOf('--iam-function', 'orders', '--iam-hand-on', 'self', '--iam-region', 'eu-west-2')

    expect(found.find(({ Action }) => Action.includes('lambda:InvokeFunction'))?.Resource).toEqual([
      'arn:aws:lambda:eu-west-2:*:function:orders',
      'arn:aws:lambda:eu-west-2:*:function:orders:*',
    ])
  })

  test.each([
    ['orders.fifo', 'arn:aws:sqs:eu-west-2:123456789012:orders.fifo'],
    ['https://sqs.us-east-1.amazonaws.com/000000000001/orders', 'arn:aws:sqs:us-east-1:000000000001:orders'],
    ['arn:aws:sqs:us-east-1:000000000001:orders', 'arn:aws:sqs:us-east-1:000000000001:orders'],
  ])('takes a queue as %s', async (queue, arn) => {
    const [found] = await statementsOf('--iam-dead-letters', queue, '--iam-region', 'eu-west-2', '--iam-account', '123456789012')

    expect([found?.Action, found?.Resource]).toEqual([['sqs:SendMessage'], [arn]])
  })

  test('of a function that is told by its alias writes to the log group of the function', async () => {
    const [found] = await statementsOf('--iam-function', 'arn:aws:lambda:eu-west-2:123456789012:function:orders:live')

    expect(found?.Resource).toEqual(['arn:aws:logs:eu-west-2:123456789012:log-group:/aws/lambda/orders:*'])
  })

  test('is of the partition that its region is in', async () => {
    const { out } = await command(['iam', 'worldbank', '--to', 's3://bucket/x', '--iam-vpc', '--iam-region', 'cn-north-1'], {
      cwd: repositoryRoot,
    })
    const resources = (JSON.parse(out) as Policy).Statement.flatMap(({ Resource }) => Resource)

    expect(resources.filter(arn => arn !== '*' && !arn.startsWith('arn:aws-cn:s3:::bucket'))).toEqual([])
  })

  test.each([
    [['--iam-role', 'king'], '--iam-role is one of function, schedule, pipeline, build, deploy, shift.'],
    [['--iam-hand-on', 'self'], '--iam-hand-on self needs --iam-function.'],
    [['--iam-role', 'schedule'], '--iam-role schedule needs --iam-function.'],
    [['--iam-role', 'pipeline'], '--iam-role pipeline needs some of --iam-artifacts, --iam-connection, --iam-project.'],
    [['--iam-role', 'build', '--iam-vpc'], '--iam-vpc says nothing of --iam-role build.'],
    [['--iam-account', '12'], '--iam-account takes the 12 digits of an account.'],
    [['--iam-connection', 'x', '--iam-role', 'pipeline'], '--iam-connection takes an ARN.'],
  ])('is refused for %j', async (flags, problem) => {
    const { code, out, err } = await iam(...flags)

    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(problem)
  })
})
