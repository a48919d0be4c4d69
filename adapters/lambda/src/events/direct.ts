import { hashOf, type Json, type Pipeline, toJson } from '@millrace/etl-core'
import type { Asked, PassedOn, Understood } from './asked.js'
import { isObject, notUnderstood, textOf } from './unknown.js'

/** The one field of an event that is not a parameter: what a run is told besides. */
export const besides = 'millrace'

/** What the field `millrace` of an event may hold beside the parameters. */
export interface Besides {
  /** The load's identity. */
  readonly loadId?: string
  /** The moment a schedule meant: EventBridge Scheduler puts it for `<aws.scheduler.scheduled-time>`. */
  readonly scheduledTime?: string
  /** From an invocation that stopped; not to be written by hand. */
  readonly passedOn?: PassedOn
}

/** Parameters as JSON, from whoever invokes the function: people, other functions, a scheduler, a state machine, this function itself. */
export function ofParams(pipeline: Pipeline, event: unknown): Understood {
  if (event === null || event === undefined) return { asked: [{ params: {}, from: 'an invocation', awaited: true }], leftOut: [] }
  if (!isObject(event)) throw notUnderstood(pipeline.name, `an event that is no object but ${kindOf(event)}`, event)
  const { [besides]: more, ...params } = event
  if (more !== undefined && !isObject(more)) throw notUnderstood(pipeline.name, `an event whose "${besides}" is no object`, event)
  const { loadId, scheduledTime, passedOn } = (more ?? {}) as Besides
  if (scheduledTime !== undefined) return ofSchedule(pipeline, String(scheduledTime), params)
  return {
    asked: [
      {
        params,
        from: passedOn ? 'an invocation before' : 'an invocation',
        awaited: true,
        ...(textOf(loadId) === undefined ? {} : { loadId: textOf(loadId) as string }),
        ...(isPassedOn(passedOn) ? { passedOn } : {}),
      },
    ],
    leftOut: [],
  }
}

/** A schedule's moment. With other parameters it is another load: several schedules may start a pipeline at the same moment. */
export function ofSchedule(pipeline: Pipeline, time: string, given: unknown): Understood {
  const { schedule } = pipeline.triggers
  const from = `the schedule of ${time}`
  const params = schedule ? schedule({ time }) : given
  if (params === null) return { asked: [], leftOut: [`${from}: left out by the pipeline's triggers`] }
  const which = hashOf(toJson(params) as Json, 8)
  return { asked: [{ params, from, loadId: `schedule ${time} ${which}` }], leftOut: [] }
}

/** The event that goes on where a run stopped. */
export const eventFor = ({ params, loadId }: Asked, passedOn: PassedOn): Json => {
  const fields = isObject(params) ? (toJson(params) as Record<string, Json>) : {}
  return { ...fields, [besides]: { ...(loadId === undefined ? {} : { loadId }), passedOn: passedOn as unknown as Json } }
}

const kindOf = (event: unknown): string => (Array.isArray(event) ? 'an array' : `a ${typeof event}`)

function isPassedOn(value: unknown): value is PassedOn {
  return isObject(value) && Number.isInteger(value.times) && Number.isInteger(value.inVain)
}
