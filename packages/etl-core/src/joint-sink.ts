import { accessOf } from './access.js'
import type { JointWriter } from './joint-writer.js'
import type { Json } from './json.js'
import { loadedOnce } from './loaded-once.js'
import { all, sideOf } from './sides.js'
import type { FlowFacts, Group, Published, Sink, SinkCapabilities, SinkWriter } from './sink.js'

const jointWriter = loadedOnce(() => import('./joint-writer.js'))

/** What makes one sink of several. */
export interface JointSink<T> {
  readonly name: string
  readonly capabilities: SinkCapabilities
  /** What a sink is told of the flow, where that is not all of it. */
  factsFor?(side: number, facts: FlowFacts): FlowFacts
  /** How a batch is given to the sinks. */
  writerOver(joint: JointWriter): Pick<SinkWriter<T>, 'write'>
}

/** Several sinks as one: everything but what goes where. */
export function jointSink<T>(sinks: readonly Sink<never>[], { name, capabilities, factsFor, writerOver }: JointSink<T>): Sink<T> {
  let rereads: 'same' | 'mayDiffer' = 'mayDiffer'
  const home = sinks.find(sink => sink.home)?.home
  return {
    name,
    capabilities,
    bufferBytes: sinks.reduce((sum, sink) => sum + (sink.bufferBytes ?? 0), 0),
    ...(sinks.some(sink => sink.oneSplitAtATime) ? { oneSplitAtATime: true } : {}),
    ...(home === undefined ? {} : { home }),
    prepare(facts: FlowFacts) {
      rereads = facts.source?.rereads ?? 'mayDiffer'
      for (const [side, sink] of sinks.entries()) sink.prepare?.(factsFor?.(side, facts) ?? facts)
    },
    access: pipeline => sinks.flatMap(sink => accessOf(sink, pipeline)),
    async survey(splits, ctx): Promise<Json> {
      return { sides: await all(sinks, async sink => (await sink.survey?.(splits, ctx)) ?? null) }
    },
    async open(ctx) {
      const { openJointly } = await jointWriter()
      const joint = await openJointly(sinks, ctx, rereads)
      return { ...joint, ...writerOver(joint) }
    },
    async publish(group, ctx): Promise<Published> {
      const objects = []
      // One after the other: a reader who finds the last one finds all of them.
      for (const [side, sink] of sinks.entries()) {
        const published = await sink.publish?.(groupOfSide(group, side), ctx)
        objects.push(...(published?.objects ?? []))
      }
      return { objects }
    },
    async discard(loadId, ctx) {
      await all(sinks, async sink => sink.discard?.(loadId, ctx))
    },
  }
}

function groupOfSide(group: Group, side: number): Group {
  const found = sideOf(group.found, side) ?? null
  return {
    name: group.name,
    receipts: group.receipts.map(({ split, receipt }) => ({ split, receipt: sideOf(receipt, side) ?? null })),
    ...(found === null ? {} : { found }),
  }
}
