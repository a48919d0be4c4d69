import type { PlantedBug } from '../bug.js'

const core = 'packages/etl-core/src'
const dies = ['wherever the process dies']
const nothingHappens = ['a run that nothing happens to']

/** Bugs in the order of things: batches, checkpoints, groups, bookmarks, rejects, stops. */
export const runnerBugs: readonly PlantedBug[] = [
  {
    name: 'the cursor is saved before the sink has flushed',
    world: 'loads',
    edits: [
      {
        file: `${core}/split-run.ts`,
        find: '      const checkpoint = await orAborted(writer.flush(), ctx.hardSignal)\n',
        replace: `      const newest = [...tallies.keys()].at(-1)
      if (newest !== undefined && cursor !== undefined) await state.save({ checkpoint: { cursor, batchNo: newest }, tally })
      const checkpoint = await orAborted(writer.flush(), ctx.hardSignal)\n`,
      },
    ],
    foundBy: { 'a load that appends': dies },
  },
  {
    name: 'each split is published alone, not its group',
    world: 'loads',
    edits: [
      {
        file: `${core}/finish.ts`,
        find: 'for (const [group, splits] of splitsByGroup(planned.plan.splits)) {',
        replace: 'for (const [group, splits] of planned.plan.splits.map(each => [groupOf(each), [each]] as const)) {',
      },
    ],
    foundBy: { 'a load that replaces': nothingHappens },
  },
  {
    name: 'a group is published while a split of it has work left',
    world: 'loads',
    edits: [
      {
        file: `${core}/groups.ts`,
        find: "  if (receipts.some(({ receipt }) => receipt === undefined)) return { report: { group, status: 'pending' }, keepsOpen: 'always' }\n",
        replace: '',
      },
      // Of a run that is stopped nothing is published anyway.
      {
        file: `${core}/groups.ts`,
        find: '  // The next run has the time for it.\n  if (ctx.signal.aborted)',
        replace: '  if (ctx.hardSignal.aborted)',
      },
    ],
    foundBy: { 'a load that replaces': ['stopped at any batch'] },
  },
  {
    name: 'rejects of batches that are read again stay from the attempt before',
    world: 'loads',
    edits: [
      {
        file: `${core}/attempt-split.ts`,
        find: '    await dropRejectsAfter(ctx.state, loadKeyOf(ctx.load.loadId), split, resume?.batchNo ?? 0)\n',
        replace: '',
      },
    ],
    foundBy: { 'a load that merges what comes in another order': dies },
  },
  {
    name: 'a reject is dropped where it cannot be stored',
    world: 'loads',
    edits: [
      {
        file: `${core}/rejects.ts`,
        find: "  await saveDoc(state, key, doc, 'absent').catch(async (error: EtlError) => {\n    if (!isEtlError(error, 'ETL_STATE_CONFLICT')) throw error",
        replace:
          "  await saveDoc(state, key, doc, 'absent').catch(async (error: EtlError) => {\n    if (!isEtlError(error, 'ETL_STATE_CONFLICT')) return",
      },
    ],
    foundBy: { 'a load with outages': ['whichever call fails once'] },
  },
  {
    name: 'state is believed where the sink keeps the cursor in its transaction',
    world: 'loads',
    edits: [
      {
        file: `${core}/attempt-split.ts`,
        find: "const resume = sink.capabilities.cursor !== 'inTransaction' ? saved : goesOn ? writer.resumeFrom : undefined",
        replace: 'const resume = goesOn ? saved : undefined',
      },
    ],
    foundBy: { 'a load that keeps the cursor in the transaction': dies },
  },
  {
    name: 'a reader’s position is kept though the batch was rolled back',
    world: 'loads',
    edits: [
      {
        file: 'packages/etl-testkit/src/memory-sink.ts',
        find: '      buffered.push({ batch, rows })\n',
        replace:
          "      buffered.push({ batch, rows })\n      if (cursor === 'inTransaction') memory.cursors.set(key, { epoch, checkpoint: batch.checkpoint })\n",
      },
    ],
    foundBy: {
      'a sink with its cursor in the transaction': ['abort lets go of what was not durable'],
      'a load that keeps the cursor in the transaction': dies,
    },
  },
  {
    name: 'one failed split loses the bookmarks of the other groups',
    world: 'loads',
    edits: [
      {
        file: `${core}/finish.ts`,
        find: '    await bookmarks.save()\n',
        replace: "    if (outcomes.every(({ report }) => report.status !== 'failed')) await bookmarks.save()\n",
      },
    ],
    foundBy: { 'a load with a split that fails': ['whichever batch fails for good'] },
  },
  {
    name: 'one failed split ends the run, and no group is published',
    world: 'loads',
    edits: [
      {
        file: `${core}/run-loads.ts`,
        find: '    if (lost !== undefined) throw lost\n',
        replace:
          "    if (lost !== undefined) throw lost\n    const bad = seen.find(each => each.status === 'failed')\n    if (bad) throw new Error(bad.error?.message)\n",
      },
    ],
    foundBy: { 'a load with a split that fails': ['whichever batch fails for good'] },
  },
  {
    name: 'the bookmark is saved before the group is published',
    world: 'loads',
    edits: [
      {
        file: `${core}/groups.ts`,
        find: '    const published = await publishPatiently(\n',
        replace: `    await bookmarks.put(group, { fingerprint, loadId: ctx.load.loadId, bornEpoch: ctx.bornEpoch })
    await bookmarks.save()
    const published = await publishPatiently(\n`,
      },
    ],
    foundBy: { 'a load that replaces': dies },
  },
  {
    name: 'a resumed load is planned again',
    world: 'loads',
    edits: [{ file: `${core}/begin.ts`, find: '    if (planned) {\n', replace: '    if (planned && load.attempt === 0) {\n' }],
    foundBy: { 'a load that appends': dies },
  },
  {
    name: 'a batch’s id does not name its load, so the next scheduled load has the same',
    world: 'loads',
    edits: [
      {
        file: `${core}/split-run.ts`,
        find: 'hashOf([ctx.pipeline, ctx.load.loadId, ctx.bornEpoch, split.id, at.batchNo, at.before ?? null])',
        replace: 'hashOf([ctx.pipeline, split.id, at.batchNo, at.before ?? null])',
      },
    ],
    foundBy: { 'two loads and a replay': nothingHappens },
  },
  {
    name: 'a trigger’s load leaves no mark that it is done',
    world: 'loads',
    edits: [
      {
        file: `${core}/finish.ts`,
        find: ' await markDone(state, load.loadId, ctx.clock.now())\n',
        replace: ' await ctx.lease.assertHeld()\n',
      },
    ],
    foundBy: { 'a load that appends': dies },
  },
  {
    name: 'a replay does not mark its rejects, and a second one doubles them',
    world: 'loads',
    edits: [
      {
        file: `${core}/groups.ts`,
        find: 'await bookmarks.put(group, entry, planned.replays?.[group])',
        replace: 'await bookmarks.put(group, entry)',
      },
    ],
    foundBy: { 'two loads and a replay': ['a run that nothing happens to'] },
  },
  {
    name: 'a stop aborts the writer, and what was written since the last flush is lost',
    world: 'loads',
    edits: [
      {
        file: `${core}/attempt-split.ts`,
        find: '      await run.flush()\n      await orAborted(writer.suspend(), ctx.hardSignal)\n',
        replace: '      await abortWriter(writer, ctx.signal.reason, ctx)\n',
      },
    ],
    foundBy: { 'a load that appends': ['stopped at any batch'] },
  },
  {
    name: 'a run that was stopped says that it failed',
    world: 'loads',
    edits: [
      {
        file: `${core}/finish.ts`,
        find: "pending && ctx.signal.aborted ? 'stopped' :",
        replace: '',
      },
    ],
    foundBy: { 'a load that appends': ['stopped at any batch'] },
  },
]
