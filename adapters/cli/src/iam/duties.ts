import { type At, functionArn, logsArn, namedArn, objectsArn, queueArn } from './arns.js'

/** Whose policy it is. */
export type Role = 'function' | 'schedule' | 'pipeline' | 'build' | 'deploy' | 'shift'

/** What the roles are of. */
export const roles: Readonly<Record<Role, string>> = {
  function: 'the function that runs the pipeline, or whoever runs the command',
  schedule: 'EventBridge Scheduler, which starts the function',
  pipeline: 'CodePipeline, which takes commits through builds',
  build: 'CodeBuild, which tests and bundles',
  deploy: 'CodeBuild, which publishes a version',
  shift: 'CodeDeploy, which moves the alias to it, and back on an alarm',
}

/** What a role does besides running the pipeline, where a flag says that it does. */
export interface Duty {
  readonly roles: readonly Role[]
  /** The flag that asks for it, without `--iam-`. */
  readonly flag: FlagName
  /** Only with this value of the flag; else with any other than those that are named here. */
  readonly value?: string
  readonly what: string
  readonly actions: readonly string[]
  /** @param given - The values of flags. */
  resources(given: (flag: FlagName) => string, at: At): readonly string[]
  readonly condition?: { readonly StringLike: Readonly<Record<string, string>> }
  readonly why: string
}

/** Flags that say what else there is. */
export type FlagName =
  | 'function'
  | 'hand-on'
  | 'dead-letters'
  | 'failures'
  | 'queue'
  | 'secret'
  | 'key'
  | 'bucket-key'
  | 'vpc'
  | 'tracing'
  | 'artifacts'
  | 'connection'
  | 'project'
  | 'deployment'

const all = () => ['*']
const withVersions = (given: (flag: FlagName) => string, at: At) => {
  const arn = functionArn(given('function'), at)
  return [arn, `${arn}:*`]
}

/**
 * Every action that `millrace iam` may print besides those that the parts of a pipeline ask for. Data, so that a test can hold the Terraform modules to it.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html (logs, tracing), https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 * (network interfaces), https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html (queues), https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html
 * (schedules), https://docs.aws.amazon.com/codedeploy/latest/userguide/getting-started-create-service-role.html (aliases)
 */
export const duties: readonly Duty[] = [
  {
    roles: ['function'],
    flag: 'function',
    what: 'logs',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: (given, at) => [logsArn(given('function'), at)],
    why: 'writes its log, to a log group that is there already',
  },
  {
    roles: ['function'],
    flag: 'hand-on',
    value: 'self',
    what: 'hand on',
    actions: ['lambda:InvokeFunction'],
    resources: withVersions,
    why: 'goes on in another invocation of itself (invokeSelf), by the alias or version it was invoked by',
  },
  {
    roles: ['function'],
    flag: 'hand-on',
    what: 'hand on',
    actions: ['sqs:SendMessage'],
    resources: (given, at) => [queueArn(given('hand-on'), at)],
    why: 'goes on by a message in a queue that starts it (sendToQueue)',
  },
  {
    roles: ['function'],
    flag: 'dead-letters',
    what: 'dead letters',
    actions: ['sqs:SendMessage'],
    resources: (given, at) => [queueArn(given('dead-letters'), at)],
    why: 'keeps messages that can never be run, with the reason (deadLetterQueue)',
  },
  {
    roles: ['function', 'schedule'],
    flag: 'failures',
    what: 'failures',
    actions: ['sqs:SendMessage'],
    resources: (given, at) => [queueArn(given('failures'), at)],
    why: 'events that could not be delivered, or failed for good, are kept in a queue',
  },
  {
    roles: ['function'],
    flag: 'queue',
    what: 'queue',
    actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
    resources: (given, at) => [queueArn(given('queue'), at)],
    why: 'Lambda takes the messages that start it out of the queue, as this role',
  },
  {
    roles: ['function'],
    flag: 'secret',
    what: 'secret',
    actions: ['secretsmanager:GetSecretValue'],
    resources: (given, at) => [namedArn('secretsmanager', 'secret:', given('secret'), at)],
    why: 'reads user and password of a database, where `credentials` asks for them there',
  },
  {
    roles: ['function'],
    flag: 'key',
    what: 'key',
    actions: ['kms:Decrypt'],
    resources: (given, at) => [namedArn('kms', 'key/', given('key'), at)],
    why: 'the environment of the function, or the secret, is encrypted with a key of your own',
  },
  {
    roles: ['function'],
    flag: 'bucket-key',
    what: 'bucket key',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: (given, at) => [namedArn('kms', 'key/', given('bucket-key'), at)],
    condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com*' } },
    why: 'a bucket encrypts with a key of your own by itself, without being told to',
  },
  {
    roles: ['function'],
    flag: 'vpc',
    what: 'network',
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resources: all,
    why: 'Lambda joins a VPC as this role; interfaces have no ARN before they are made',
  },
  {
    roles: ['function'],
    flag: 'tracing',
    what: 'tracing',
    actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
    resources: all,
    why: 'sends traces; X-Ray knows no resources',
  },
  {
    roles: ['schedule'],
    flag: 'function',
    what: 'function',
    actions: ['lambda:InvokeFunction'],
    resources: withVersions,
    why: 'starts the function',
  },
  {
    roles: ['pipeline', 'build', 'deploy'],
    flag: 'artifacts',
    what: 'artifacts',
    actions: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
    resources: given => [objectsArn(given('artifacts'))],
    why: 'hands sources, zips and answers from stage to stage',
  },
  {
    roles: ['pipeline'],
    flag: 'connection',
    what: 'repository',
    // One service under two names: which of them is asked for goes by the connection's ARN. The console makes `codeconnections` since July 2024.
    // https://docs.aws.amazon.com/dtconsole/latest/userguide/rename.html (read 2026-12)
    actions: ['codeconnections:UseConnection', 'codestar-connections:UseConnection'],
    resources: given => [given('connection')],
    why: 'reads commits of the repository',
  },
  {
    roles: ['pipeline'],
    flag: 'project',
    what: 'builds',
    actions: ['codebuild:BatchGetBuilds', 'codebuild:StartBuild'],
    resources: (given, at) => [namedArn('codebuild', 'project/', given('project'), at)],
    why: 'starts builds, and waits for them',
  },
  {
    roles: ['build', 'deploy'],
    flag: 'project',
    what: 'logs',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: (given, at) => [namedArn('logs', 'log-group:/aws/codebuild/', `${nameOf(given('project'))}:*`, at)],
    why: 'writes the log of a build, to a log group that is there already',
  },
  {
    roles: ['deploy'],
    flag: 'function',
    what: 'versions',
    actions: [
      'lambda:GetAlias',
      'lambda:GetFunction',
      'lambda:GetFunctionConfiguration',
      'lambda:InvokeFunction',
      'lambda:PublishVersion',
      'lambda:UpdateFunctionCode',
    ],
    resources: withVersions,
    why: 'gives the function new code, publishes it as a version, and tries that out',
  },
  {
    roles: ['deploy'],
    flag: 'deployment',
    what: 'deployments',
    actions: [
      'codedeploy:CreateDeployment',
      'codedeploy:GetApplicationRevision',
      'codedeploy:GetDeployment',
      'codedeploy:GetDeploymentConfig',
      'codedeploy:RegisterApplicationRevision',
    ],
    resources: (given, at) => {
      const [application = ''] = given('deployment').split('/')
      return [
        namedArn('codedeploy', 'application:', application, at),
        namedArn('codedeploy', 'deploymentgroup:', given('deployment'), at),
        namedArn('codedeploy', 'deploymentconfig:', '*', at),
      ]
    },
    why: 'asks CodeDeploy to move the alias, and waits for it',
  },
  {
    roles: ['shift'],
    flag: 'function',
    what: 'alias',
    actions: ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
    resources: withVersions,
    why: 'moves the alias to the new version, step by step, and back',
  },
  {
    roles: ['shift'],
    flag: 'function',
    what: 'alarms',
    actions: ['cloudwatch:DescribeAlarms'],
    resources: all,
    why: 'looks at the alarms that end a deployment',
  },
]

const nameOf = (project: string): string => project.split('/').at(-1) ?? project
