import type { PlantedBug } from '../bug.js'

const core = 'packages/etl-core/src'
const sleeps = ['a process that sleeps at any call']

/** Bugs of ownership, and of the state it stands on. */
export const ownerBugs: readonly PlantedBug[] = [
  {
    name: 'a lease never ends, so nobody takes over from a machine that is gone',
    world: 'loads',
    edits: [{ file: `${core}/owner.ts`, find: '  if (owner.expiresAtMs <= nowMs) return false\n', replace: '' }],
    foundBy: { 'a load that is not alone': sleeps },
  },
  {
    name: 'a lease ends at once, so a second run takes over from one that lives',
    world: 'loads',
    edits: [
      {
        file: `${core}/lease.ts`,
        find: 'const until = () => Math.min(clock.now() + options.leaseMs, ',
        replace: 'const until = () => Math.min(clock.now(), ',
      },
    ],
    foundBy: { 'a load that is not alone': ['a second run that comes at any call'] },
  },
  {
    name: 'the epoch is not looked at, so a process that slept through its lease goes on writing',
    world: 'loads',
    edits: [{ file: `${core}/lease.ts`, find: '    if (found.value?.epoch !== epoch) throw taken(epoch)\n', replace: '' }],
    foundBy: { 'a load that is not alone': sleeps },
  },
  {
    name: 'state in memory is saved whatever version was expected',
    world: 'stores',
    edits: [
      {
        file: `${core}/state.ts`,
        find: "    if ((found ?? 'absent') !== expected) throw stateConflict(key, expected, found)\n",
        replace: '',
      },
    ],
    foundBy: { 'state in memory': ['of 20 writers that change one document', 'of 20 writers that create one document'] },
  },
  {
    name: 'versioned state follows whatever version is newest, not the expected one',
    world: 'stores',
    edits: [
      {
        file: 'packages/objects/src/state/versioned.ts',
        find: "    if ((found ?? 'absent') !== expected) throw stateConflict(key, expected, found)\n",
        replace: '',
      },
    ],
    foundBy: { 'state as versions in a folder': ['another store over the same place'] },
  },
  {
    name: 'conditional state forgets its condition',
    world: 'stores',
    edits: [
      {
        file: 'packages/objects/src/state/conditional.ts',
        find: "return (await store.put(pathOf(key), body, { condition, contentType: 'application/json' })).etag",
        replace: "return (await store.put(pathOf(key), body, { contentType: 'application/json' })).etag",
      },
    ],
    foundBy: { 'state under conditions': ['of 20 writers that change one document', 'of 20 writers that create one document'] },
  },
]
