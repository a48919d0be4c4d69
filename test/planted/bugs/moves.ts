import type { PlantedBug } from '../bug.js'

const core = 'packages/etl-core/src'

/** Bugs of moves: rows that are lost, and rows that are moved twice. */
export const moveBugs: readonly PlantedBug[] = [
  {
    name: 'rows are removed before what was written is read back and compared',
    world: 'moves',
    edits: [
      {
        file: `${core}/move-writer.ts`,
        find: '  await verified(inner, written, moving, ctx)\n  return { ...published, removed: await removed(inner, moving, ctx) }\n',
        replace:
          '  const count = await removed(inner, moving, ctx)\n  await verified(inner, written, moving, ctx)\n  return { ...published, removed: count }\n',
      },
    ],
    foundBy: { 'a move': ['a record less is read back', 'another value is read back'] },
  },
  {
    name: 'a move compares numbers alone, and not the values',
    world: 'moves',
    edits: [
      {
        file: `${core}/move-writer.ts`,
        find: "  if (records === written.records && (verify === 'counts' || sum === written.sum)) return\n",
        replace: "  if (records === written.records && (verify !== 'values' || sum !== '')) return\n",
      },
    ],
    foundBy: { 'a move': ['a record twice in place of another is read back', 'another value is read back'] },
  },
  {
    name: 'the sum of a split that goes on leaves out what was written before',
    world: 'moves',
    edits: [
      {
        file: `${core}/move-writer.ts`,
        find: '  const total = summing(before?.sum)\n',
        replace: '  const total = summing()\n',
      },
    ],
    foundBy: { 'a move that dies': ['a move that dies at any call'] },
  },
  {
    name: 'a removal that fails is passed over, and its rows are moved again',
    world: 'moves',
    edits: [
      {
        file: `${core}/move-writer.ts`,
        find: '      count += await removal.remove(keys.splice(0, removeRows), ctx)\n',
        replace: '      count += await removal.remove(keys.splice(0, removeRows), ctx).catch(() => 0)\n',
      },
    ],
    foundBy: { 'a move': ['a removal that fails half-way'] },
  },
  {
    name: 'an unfinished move is abandoned where the parameters are others',
    world: 'moves',
    edits: [
      {
        file: `${core}/begin.ts`,
        find: '  if (options.runnable.finishesFirst) throw mustFinish(unfinished, against, options)\n',
        replace: '',
      },
    ],
    foundBy: { 'a move': ['with other parameters nothing begins'] },
  },
]
