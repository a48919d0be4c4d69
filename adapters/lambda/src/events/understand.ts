import type { Pipeline } from '@millrace/etl-core'
import { askedWith, together, type Understood } from './asked.js'
import { ofParams, ofSchedule } from './direct.js'
import { notificationOf, ofMessage } from './messages.js'
import { isTestEvent, ofBusEvent, ofNotification } from './objects.js'
import { isObject, noTrigger, notUnderstood, textOf } from './unknown.js'

/**
 * The runs an event asks for. Anything that looks like an event of AWS and is none that is known here is refused: taken for parameters, it
 * would start a run that nobody asked for.
 *
 * @throws EtlError `ETL_EVENT_UNKNOWN`
 */
export function understand(pipeline: Pipeline, event: unknown): Understood {
  if (!isObject(event)) return ofParams(pipeline, event)
  if (isTestEvent(event)) return { asked: [], leftOut: ['an S3 test event'] }
  if (Array.isArray(event.Records) && event.Records.length === 0)
    throw notUnderstood(pipeline.name, 'an event without records', event)
  if (Array.isArray(event.Records)) return together(event.Records.map(record => ofRecord(pipeline, record)))
  if (textOf(event['detail-type']) !== undefined && textOf(event.source) !== undefined) return ofBus(pipeline, event)
  // A topic's message as it lies in a queue.
  if (event.Type === 'Notification' && typeof event.Message === 'string') {
    const message = notificationOf({ Sns: event })
    return ofMessage(pipeline, message, body => understand(pipeline, body))
  }
  const service = ofOtherService(event)
  if (service) throw notUnderstood(pipeline.name, service, event)
  return ofParams(pipeline, event)
}

function ofRecord(pipeline: Pipeline, record: unknown): Understood {
  if (!isObject(record)) throw notUnderstood(pipeline.name, 'an event with a record that is no object', record)
  const service = textOf(record.eventSource) ?? textOf(record.EventSource)
  if (service === 'aws:s3') return ofNotification(pipeline, record)
  if (service === 'aws:sns') return ofMessage(pipeline, notificationOf(record), body => understand(pipeline, body))
  throw notUnderstood(pipeline.name, `a record of ${service ?? 'a service that it does not name'}`, record)
}

/** @see https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html (read 2026-11) */
function ofBus(pipeline: Pipeline, event: Readonly<Record<string, unknown>>): Understood {
  const [source, type] = [String(event.source), String(event['detail-type'])]
  const [id, time] = [String(event.id), String(event.time)]
  if (source === 'aws.events' && type === 'Scheduled Event') return ofSchedule(pipeline, time, {})
  if (source === 'aws.s3' && pipeline.triggers.object) return ofBusEvent(pipeline, event)
  const { event: trigger } = pipeline.triggers
  const from = `event "${type}" of ${source}`
  if (!trigger) throw noTrigger(pipeline.name, from, source === 'aws.s3' ? 'object' : 'event', event)
  return askedWith(trigger({ id, source, type, time, detail: event.detail }), { from, loadId: `event ${id}` })
}

/** Fields by which events of services that start no pipeline are known. */
function ofOtherService(event: Readonly<Record<string, unknown>>): string | undefined {
  if (isObject(event.awslogs)) return 'log lines of CloudWatch'
  if (isObject(event.requestContext))
    return 'a request in another form than payload format 2.0 (REST API, load balancer, web socket)'
  if (textOf(event.invocationId) !== undefined && Array.isArray(event.records)) return 'records of Firehose'
  if (textOf(event.RequestType) !== undefined && textOf(event.StackId) !== undefined) return 'CloudFormation'
  if (isObject(event['CodePipeline.job'])) return 'a job of CodePipeline'
  if (isObject(event.tasks) || (Array.isArray(event.tasks) && textOf(event.invocationId) !== undefined))
    return 'S3 Batch Operations'
  return undefined
}
