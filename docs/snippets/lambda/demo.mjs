// A pipeline as a Lambda function, offline: the zip of `millrace bundle` in a process of its own, driven through the Lambda Runtime API, with
// servers of S3 and SQS on loopback. One event of each kind, and one load that is longer than an invocation. `npm run demo:lambda`
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { quietly } from '@millrace/aws'
import { busEvent, pollQueue, s3BusEvent, s3Notification, snsEvent, startLambda, urlRequest } from '@millrace/etl-testkit/lambda'
import { s3Server } from '@millrace/etl-testkit/s3'
import { unzipSync } from 'fflate'
import { createSqsServer } from 'local-aws-sqs'

const path = name => fileURLToPath(new URL(name, import.meta.url))
const say = text => process.stdout.write(`${text}\n`)
const folder = mkdtempSync(join(tmpdir(), 'millrace-lambda-'))
const s3 = await s3Server({ buckets: ['arrivals'] })
const sqs = await createSqsServer({
  ...{ port: 0, hostname: '127.0.0.1', region: s3.region },
  queues: [
    { QueueName: 'dead' },
    {
      QueueName: 'files',
      Attributes: {
        VisibilityTimeout: '300',
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `arn:aws:sqs:${s3.region}:123456789012:dead`, maxReceiveCount: 3 }),
      },
    },
  ],
})
const sqsUrl = `http://127.0.0.1:${sqs.address().port}`
const queues = quietly(
  () => new SQSClient({ endpoint: sqsUrl, region: s3.region, credentials: { accessKeyId: 'demo', secretAccessKey: 'demo' } }),
)

function expect(what, ok) {
  if (!ok) throw new Error(`This should not have happened: ${what}.`)
}

/** The zip, unpacked where no package can be found. */
function bundled() {
  const zip = join(folder, 'arrivals.zip')
  say('$ millrace bundle arrivals.ts')
  const told = execFileSync(process.execPath, [
    path('../../../adapters/cli/bin/millrace.js'),
    'bundle',
    path('arrivals.ts'),
    '--out',
    zip,
  ])
  say(`  ${told.toString().split('\n')[0].replace(`${folder}/`, '')}`)
  const taskRoot = join(folder, 'task')
  mkdirSync(taskRoot)
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(zip)))) writeFileSync(join(taskRoot, name), bytes)
  return taskRoot
}

const linesOf = rows => `id,amount\n${Array.from({ length: rows }, (_, at) => `${at + 1}, ${at}.50 \n`).join('')}`
const put = async (name, rows = 3) => {
  const { etag } = s3.put('arrivals', `raw/${name}`, Buffer.from(linesOf(rows)))
  return { key: `raw/${name}`, eTag: etag, etag }
}
const cleanRows = name => {
  const bytes = s3.objects('arrivals').get(`clean/${name}`)
  return bytes === undefined ? 0 : Buffer.from(bytes).toString().trim().split('\n').length - 1
}

const lambda = await startLambda({ taskRoot: bundled(), handler: 'index.handler', env: s3.env() })

/** What an invocation was answered, in a few words. */
function shown({ answer, error }) {
  if (error) return `fails: ${error.errorMessage.slice(0, 90)}`
  if (answer.batchItemFailures)
    return `come again: ${answer.batchItemFailures.map(each => each.itemIdentifier).join(', ') || 'none'}`
  if (answer.statusCode)
    return `${answer.statusCode} ${JSON.parse(answer.body).status ?? JSON.parse(answer.body).error?.code ?? ''}`
  if (answer.runs) return [...answer.runs.map(each => each.status), ...answer.leftOut].join(', ')
  return `${answer.status}, ${answer.counts.written} records`
}

async function event(kind, given, wanted) {
  const told = shown(await lambda.invoke(given, 30_000))
  say(`${kind.padEnd(42)} ${told}`)
  expect(`"${kind}" was answered with ${told}`, wanted.test(told))
}

async function eachKind() {
  say('\nOne event of each kind')
  const first = await put('first one.csv')
  const created = s3Notification({ ...first, key: 'raw/first+one.csv' })
  await event('S3 notification', created, /^succeeded, 3/)
  await event('  delivered again', created, /^unchanged/)
  await event('S3 by EventBridge', s3BusEvent(await put('second.csv')), /^succeeded, 3/)
  await event(
    'another event of EventBridge',
    busEvent({ 'detail-type': 'Order File Ready', detail: { key: (await put('third.csv')).key } }),
    /^succeeded, 3/,
  )
  await queued()
  await event('SNS', snsEvent(s3Notification(await put('fifth.csv'))), /^succeeded, 3/)
  await put('sixth.csv')
  const tick = { millrace: { scheduledTime: '2026-03-01T09:15:00Z' } }
  await event('EventBridge Scheduler: all that is there', tick, /^succeeded, 18/)
  await event('  delivered again', tick, /^unchanged/)
  await event('function URL', urlRequest({ queryStringParameters: { key: (await put('seventh.csv')).key } }), /^200 succeeded/)
  await event('parameters as JSON', { key: (await put('eighth.csv')).key }, /^succeeded, 3/)
  await event('a parameter that there is not', { kee: 'raw/first.csv' }, /^fails: .*no "kee"/)
  await event(
    'Kinesis, which starts nothing',
    { Records: [{ eventSource: 'aws:kinesis', kinesis: {} }] },
    /^fails: .*aws:kinesis/,
  )
  for (const name of ['first one', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth']) {
    expect(`${name}.csv has ${cleanRows(`${name}.csv`)} rows`, cleanRows(`${name}.csv`) === 3)
  }
}

/** Two messages in a queue: one is loaded, one can never be, which the queue takes away after some times. */
async function queued() {
  const QueueUrl = `${sqsUrl}/123456789012/files`
  const receive = async (url, most) =>
    (await queues.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: most }))).Messages ?? []
  const queue = {
    receive: most => receive(QueueUrl, most),
    remove: ReceiptHandle => queues.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })),
    giveBack: ReceiptHandle => queues.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })),
  }
  for (const MessageBody of ['{', JSON.stringify(s3Notification(await put('fourth.csv')))])
    await queues.send(new SendMessageCommand({ QueueUrl, MessageBody }))
  let removed = 0
  const next = () => pollQueue(queue, each => lambda.invoke(each, 30_000))
  for (let batch = await next(); batch; batch = await next()) removed += batch.removed.length
  const dead = await receive(`${sqsUrl}/123456789012/dead`, 10)
  const why = /"message":"message \S+ failed".*?"code":"(\w+)"/.exec(lambda.output())?.[1]
  say(
    `${'SQS, with a message that is no JSON'.padEnd(42)} ${removed} done, ${dead.length} in the dead-letter queue; the log says ${why}`,
  )
  expect(
    `${removed} messages were done and ${dead.length} are dead letters`,
    removed === 1 && dead[0]?.Body === '{' && why === 'ETL_EVENT_UNKNOWN',
  )
}

async function longLoad() {
  const rows = 200_000
  say(
    `\nA load of ${rows.toLocaleString('en')} records, in invocations of little more than the second that is kept free at their end`,
  )
  let again = { key: (await put('long.csv', rows)).key }
  let invocations = 0
  for (let status = ''; status !== 'succeeded'; ) {
    const { answer, error } = await lambda.invoke(again, 1_250 + 50 * invocations)
    expect(`an invocation failed: ${error?.errorMessage}`, !error)
    invocations++
    status = answer.status
    again = answer.again
    say(
      `  invocation ${String(invocations).padStart(2)}  ${status.padEnd(10)} ${answer.counts.written.toLocaleString('en').padStart(8)} records`,
    )
  }
  expect(`it took ${invocations} invocations`, invocations > 1)
  expect(`${cleanRows('long.csv')} rows arrived`, cleanRows('long.csv') === rows)
  say(`  ${invocations - 1} deadlines crossed, and every record is there once.`)
}

try {
  await eachKind()
  await longLoad()
} finally {
  await lambda.close()
  queues.destroy()
  sqs.close()
  await s3.close()
  rmSync(folder, { recursive: true, force: true })
}
