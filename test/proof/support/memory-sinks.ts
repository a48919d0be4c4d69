import { memoryState, type SinkCapabilities } from '@millrace/etl-core'
import { memorySink } from '@millrace/etl-testkit/cases'
import { type Draft, idAndNumber, refusedTag } from './drafts.js'
import type { SinkLine } from './sink-line.js'

const memory = (capabilities: SinkCapabilities): SinkLine => ({
  name: `memory, ${Object.values(capabilities).join(' ')}`,
  place: 'memory',
  async serve() {
    const refuse = ({ tag }: Draft) => (tag === refusedTag ? 'it is too long' : undefined)
    const parts = { sink: memorySink<Draft>({ ...capabilities, keyOf: ({ id }) => id, refuse }), state: memoryState() }
    return { open: () => parts, read: async () => parts.sink.visible().map(idAndNumber), close: async () => {} }
  },
})

/** Every set of capabilities a sink may have. */
export const memorySinks: readonly SinkLine[] = (['append', 'merge', 'replace'] as const)
  .flatMap(disposition =>
    (['flush', 'commit'] as const).flatMap(durableAt =>
      (['idempotent', 'duplicates'] as const).flatMap(replay =>
        (['outside', 'inTransaction'] as const).map(cursor => ({ disposition, durableAt, replay, cursor })),
      ),
    ),
  )
  .map(memory)
