import { basename, dirname } from 'node:path'
import { type Connect, definePipeline, type FlowRunnable, from, run, type Source } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { folder } from '@millrace/objects'
import type { Run } from '../case.js'
import type { Indicator } from '../inputs/indicators.js'
import { isKept, millionsOf, type ValuedIndicator, valuedIndicator, withMillions } from '../work.js'
import { doneBy } from './finish.js'

/** How the way from records to sink is written. */
type Way = (source: Source<Indicator>, sink: ReturnType<typeof written>) => FlowRunnable

const written = (connect: Connect, out: string) =>
  connect.objects<ValuedIndicator | Indicator>(`file:${out}`, { path: 'valued.csv', format: csv() })

const work =
  (way: Way): Run =>
  async ({ input, folder: out }) => {
    const pipeline = definePipeline({
      name: 'work',
      connectors: [folder],
      build: ({ connect }) =>
        way(
          connect.objectsFrom<Indicator>(`file:${dirname(input)}`, { format: csv<Indicator>(), keys: [basename(input)] }),
          written(connect, out),
        ),
    })
    return doneBy(await run(pipeline), out)
  }

/** A function of the user makes an object of each record. */
export const workWithMap = work((source, sink) =>
  from(source).filter(isKept).map(withMillions).validate(valuedIndicator).into(sink),
)

/** Steps that say what changes. */
export const workWithSteps = work((source, sink) =>
  from(source).filter(isKept).derive({ value_m: millionsOf }).validate(valuedIndicator).into(sink),
)

/** The same, and fields that were only checked are written as they were read. */
export const workAsRead = work((source, sink) =>
  from(source).filter(isKept).derive({ value_m: millionsOf }).validate(valuedIndicator, { keep: 'input' }).into(sink),
)
