import { atOnce } from './at-once.js'
import { changeDoc, loadDoc, removeDoc, saveDoc } from './load-state.js'
import { groupHash, groupRejects, type RejectDoc, splitRejects } from './rejects.js'
import type { Split } from './split.js'
import type { StateStore } from './state.js'

/** What settling needs to know of a load. */
export interface EndedLoad {
  readonly loadKey: string
  readonly splits: readonly Split[]
  readonly groups: readonly { readonly group: string; readonly status: string }[]
}

/** With more groups than this, one listing of everything is less than one for each. */
const groupsListedApart = 64

/**
 * Names a load that left rejects of a group it did not publish: `unpublished/<group>/<load>`. Where loads add to what is there, rejects are
 * kept for good; this tells the few that are not without opening them all.
 */
const allUnpublished = 'unpublished/'
const unpublishedKey = (group: string, loadKey: string): string => `${allUnpublished}${groupHash(group)}/${loadKey}`

/**
 * After a load: rejects of groups that failed are marked, since those groups are read again as a whole; rejects that a published group no
 * longer has are removed, namely older ones where the sink replaces groups, and marked ones everywhere. What it costs depends on the load's
 * groups and their rejects, not on what other groups and earlier loads have left. Repeatable.
 */
export async function settleRejects(
  state: StateStore,
  load: EndedLoad,
  disposition: 'append' | 'merge' | 'replace',
): Promise<void> {
  const withStatus = (wanted: string) => load.groups.filter(({ status }) => status === wanted).map(({ group }) => group)
  // By split: an id that came back (a trigger's event, delivered again) may have left rejects of other splits.
  const own = new Set(load.splits.map(split => splitRejects(load.loadKey, split)))
  const isOwn = (key: string) => own.has(key.slice(0, key.lastIndexOf('/') + 1))

  for (const [group, keys] of await rejectsOf(state, withStatus('failed'), load.loadKey)) {
    const ours = keys.filter(isOwn)
    // First of all, so that a crash meanwhile leaves none that is marked and not known.
    if (ours.length > 0 && disposition !== 'replace') await remember(state, unpublishedKey(group, load.loadKey))
    await atOnce(ours, key => markUnpublished(state, key))
  }
  const published = withStatus('published')
  if (disposition === 'replace') {
    const older = [...(await rejectsOf(state, published)).values()].flat().filter(key => !isOwn(key))
    await atOnce(older, key => removeDoc(state, key))
  } else await removeUnpublished(state, published, isOwn)
}

/** The stored documents by group, of one load or of all. */
async function rejectsOf(
  state: StateStore,
  groups: readonly string[],
  loadKey?: string,
): Promise<Map<string, readonly string[]>> {
  const prefixOf = (group: string) => `${groupRejects(group)}${loadKey === undefined ? '' : `${loadKey}/`}`
  if (groups.length <= groupsListedApart)
    return new Map(await atOnce(groups, async group => [group, await listed(state, prefixOf(group))] as const))
  const found = new Map<string, string[]>(groups.map(group => [groupRejects(group), []]))
  for (const key of await listed(state, 'rejects/')) {
    const [, hash = '', load] = key.split('/')
    if (loadKey === undefined || load === loadKey) found.get(`rejects/${hash}/`)?.push(key)
  }
  return new Map(groups.map(group => [group, found.get(groupRejects(group)) ?? []]))
}

/** What earlier loads rejected of groups that they did not publish, and that are published now. */
async function removeUnpublished(state: StateStore, groups: readonly string[], isOwn: (key: string) => boolean): Promise<void> {
  const byHash = new Map(groups.map(group => [groupHash(group), group]))
  await atOnce(await listed(state, allUnpublished), async key => {
    const [, hash = '', load = ''] = key.split('/')
    const group = byHash.get(hash)
    if (group === undefined) return
    for (const each of await listed(state, `${groupRejects(group)}${load}/`)) {
      if (!isOwn(each)) await changeDoc<RejectDoc>(state, each, ({ unpublished }) => (unpublished ? null : undefined))
    }
    await removeDoc(state, key)
  })
}

async function listed(state: StateStore, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of state.list(prefix)) keys.push(key)
  return keys
}

async function remember(state: StateStore, key: string): Promise<void> {
  const { value, version } = await loadDoc(state, key)
  if (!value) await saveDoc(state, key, { format: 1 }, version)
}

const markUnpublished = (state: StateStore, key: string): Promise<void> =>
  changeDoc<RejectDoc>(state, key, found => (found.unpublished ? undefined : { ...found, unpublished: true }))
