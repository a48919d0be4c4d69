import type { Json } from './json.js'
import { loadedOnce } from './loaded-once.js'
import type { ReadBack, Sink } from './sink.js'
import type { Removal } from './source.js'

const moveWriter = loadedOnce(() => import('./move-writer.js'))

/** What a move needs besides its sink. */
export interface Moving<T> {
  readonly readBack: ReadBack<T>
  readonly removal: Removal
  readonly verify: 'values' | 'counts'
  /** Rows removed in one transaction. */
  readonly removeRows: number
}

/**
 * A sink behind which the source is emptied: once a group is visible it is read back, compared with what was written, and then what was read
 * back is removed at the source. Each of these can be repeated, and a group is published only when all are done.
 */
export function movingSink<T>(sink: Sink<T>, moving: Moving<T>): Sink<T> {
  const { prepare, survey, discard } = sink
  return Object.freeze<Sink<T>>({
    name: sink.name,
    capabilities: { ...sink.capabilities, emptiesSource: true },
    ...(sink.bufferBytes === undefined ? {} : { bufferBytes: sink.bufferBytes }),
    ...(sink.oneSplitAtATime ? { oneSplitAtATime: true } : {}),
    ...(sink.home === undefined ? {} : { home: sink.home }),
    get layout(): Json {
      return { move: sink.layout ?? null, verify: moving.verify }
    },
    get writes() {
      return sink.writes ?? sink.name
    },
    ...(prepare && { prepare: facts => prepare.call(sink, facts) }),
    ...(sink.access && { access: sink.access.bind(sink) }),
    async survey(splits, ctx) {
      // Found out after the copy, it would leave everything in both places.
      await moving.removal.check?.(ctx)
      return (await survey?.call(sink, splits, ctx)) ?? null
    },
    ...(discard && { discard: (loadId, ctx) => discard.call(sink, loadId, ctx) }),
    async open(ctx) {
      const { openSumming } = await moveWriter()
      return openSumming(sink, moving, ctx)
    },
    async publish(group, ctx) {
      const { publishMoved } = await moveWriter()
      return publishMoved(sink, moving, group, ctx)
    },
  })
}
