import { type Plan, type RunContext, type Split, splitId } from '@millrace/etl-core'
import { identityOf, type Settings } from './options.js'

/** All readings of a run become visible together. */
const group = 'plants'

/** What `read` is told of a split: known ids, both ends included, or where to look for new ones. */
export type SplitParams =
  | { readonly from: number; readonly to: number }
  /** `highest`: the highest id seen by earlier loads, 0 if none. */
  | { readonly from: number; readonly highest: number }

/** Where the next load begins to look for new plants. */
export interface PlantsBookmark {
  readonly highestId: number
}

/** Ranges of the ids that are known, then one split that looks for more. Asks nothing: what is new shows only by reading. */
export function planRanges(settings: Settings, ctx: RunContext): Plan {
  const bookmark = ctx.bookmarks.get(group) as PlantsBookmark | undefined
  const highest = bookmark?.highestId ?? 0
  const known = Math.max(highest, settings.knownIds)
  const splits: Split[] = []
  for (let from = 1; from <= known; from += settings.idsPerSplit) {
    const to = Math.min(known, from + settings.idsPerSplit - 1)
    splits.push(splitOf(`plants-${from}-${to}`, { from, to }, settings))
  }
  splits.push(splitOf(`plants-from-${known + 1}`, { from: known + 1, highest }, settings))
  return { splits, ...(bookmark === undefined ? {} : { bookmarks: { [group]: { highestId: highest } } }) }
}

function splitOf(name: string, params: SplitParams, settings: Settings): Split {
  return { id: splitId(name, { ...params, ...identityOf(settings) }), params: { ...params }, group }
}
