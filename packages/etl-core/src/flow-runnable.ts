import { type NeedsAccess, partAccess } from './access.js'
import type { FlowParts } from './flow.js'
import { guaranteeOf } from './guarantee.js'
import type { Json } from './json.js'
import { loadedOnce } from './loaded-once.js'
import { withRejectSinks } from './reject-sinks.js'
import { rejectSource } from './reject-source.js'
import type { Runnable } from './runnable.js'
import type { Sink, StateHome } from './sink.js'
import type { Source } from './source.js'
import { splitsByGroup } from './split.js'

const callsAtOnce = loadedOnce(() => import('./at-once.js'))
const splitRunner = loadedOnce(() => import('./run-split.js'))
const finisher = loadedOnce(() => import('./finish.js'))

/** A flow from one source through steps into one sink. */
export interface FlowRunnable extends Runnable {
  /** The same flow with other ends, for tests: given records instead of the source, a memory instead of the sink. */
  withEnds(ends: { readonly source?: Source<unknown>; readonly sink?: Sink<unknown> }): FlowRunnable
}

/** @internal */
export function flowRunnable(parts: FlowParts, sink: Sink<unknown>): FlowRunnable {
  const { source, steps, schema } = parts
  const rejectSinks = steps.flatMap(({ name, rejectsTo }, index) =>
    rejectsTo ? [{ stage: `${index + 1} ${name}`, sink: rejectsTo }] : [],
  )
  const target = withRejectSinks(sink, rejectSinks)
  return Object.freeze<FlowRunnable>({
    ...(sink.home === undefined ? {} : { home: sink.home }),
    explain: (durableState = sink.home !== undefined) => ({
      source: source.name,
      steps: steps.map((step, index) => `${index + 1} ${step.name}`),
      sink: sink.name,
      ...(sink.writes === undefined ? {} : { writes: sink.writes }),
      ...(target.capabilities.emptiesSource ? { removesAtSource: true } : {}),
      guarantee: guaranteeOf(source.capabilities, target.capabilities, durableState),
      ...(sink.home === undefined ? {} : { state: sink.home.place }),
      ...(rejectSinks.length === 0
        ? {}
        : { rejectsTo: rejectSinks.map(({ stage, sink }) => ({ stage, sink: sink.name, ...whereOf(sink) })) }),
      bufferBytes: target.bufferBytes ?? 0,
      ...(target.oneSplitAtATime ? { oneSplitAtATime: true } : {}),
    }),
    access: (pipeline, home = sink.home) => [
      ...partAccess('source', source, pipeline),
      ...partAccess('sink', sink, pipeline),
      ...rejectSinks.flatMap(({ stage, sink }) => partAccess(`rejects of ${stage}`, sink, pipeline)),
      ...(home === undefined ? [] : partAccess('state', named(home), pipeline)),
    ],
    fingerprint: () => ({
      source: source.name,
      identity: source.identity ?? null,
      schema: schemaJson(schema),
      sink: sink.name,
      layout: sink.layout ?? null,
    }),
    ...(rejectSinks.length === 0
      ? {}
      : { stagedWith: () => rejectSinks.map(({ stage, sink }) => ({ stage, sink: sink.name, layout: sink.layout ?? null })) }),
    prepare: pipeline => target.prepare?.({ pipeline, source: source.capabilities, ...(schema === undefined ? {} : { schema }) }),
    plan: ctx => source.plan(ctx),
    stillPublished: async (group, ctx) => (await sink.stillPublished?.(group, ctx)) ?? true,
    async survey(plan, ctx) {
      const { atOnce } = await callsAtOnce()
      const found = await atOnce(target.survey ? splitsByGroup(plan.splits) : [], async ([group, splits]) => {
        return [group, (await target.survey?.(splits, ctx)) ?? null] as const
      })
      return Object.fromEntries(found)
    },
    // Imported when a run comes to it: a flow that is only built needs neither.
    async runSplit(split, ctx) {
      const { runSplit } = await splitRunner()
      await Promise.all(steps.map(step => step.ready?.()))
      return runSplit({ source, steps, sink: target }, split, ctx)
    },
    async finish(ctx) {
      const { finishLoad } = await finisher()
      return finishLoad({ source, sink: target }, ctx)
    },
    discard: async (loadId, ctx) => target.discard?.(loadId, ctx),
    disposition: sink.capabilities.disposition,
    ...(sink.standardOutput ? { standardOutput: true } : {}),
    mayOverlap: sink.capabilities.disposition === 'merge' || sink.capabilities.cursor === 'inTransaction',
    replays: sink.capabilities.disposition === 'replace' ? 'groups' : 'records',
    replaying: state => flowRunnable({ ...parts, source: rejectSource(state, source) }, sink),
    withEnds: ends => {
      // With another sink nothing is to leave the test: copies of rejects neither.
      const given = ends.sink ? steps.map(({ rejectsTo: _left, ...step }) => step) : steps
      return flowRunnable({ ...parts, source: ends.source ?? source, steps: given }, ends.sink ?? sink)
    },
  })
}

const named = (home: StateHome): NeedsAccess => ({ name: home.place, ...(home.access && { access: home.access.bind(home) }) })

const whereOf = ({ home, writes }: Sink<never>) => ({
  ...(home === undefined ? {} : { place: home.place }),
  ...(writes === undefined ? {} : { writes }),
})

/**
 * A record schema as JSON, where its library can say it (Standard JSON Schema); else only whose it is. Sinks with columns say more in
 * their `layout`.
 */
function schemaJson(schema: FlowParts['schema']): Json {
  if (!schema) return null
  const standard = schema['~standard'] as { vendor: string; jsonSchema?: { output(options: object): unknown } }
  try {
    const json = standard.jsonSchema?.output({ target: 'draft-2020-12', libraryOptions: { unrepresentable: 'any' } })
    return (json ?? standard.vendor) as Json
  } catch {
    return standard.vendor
  }
}
