import type { PlantedBug } from '../bug.js'

const worldBank = 'packages/source-worldbank/src'

/** Bugs where data comes from, and where answers go. */
export const endBugs: readonly PlantedBug[] = [
  {
    name: 'reading on from a cursor skips a page',
    world: 'sources',
    edits: [
      {
        file: `${worldBank}/read.ts`,
        find: '    const pageNo = (at?.page ?? 0) + 1\n',
        replace: '    const pageNo = (at?.page ?? 0) + (at && at === (from as unknown) ? 2 : 1)\n',
      },
    ],
    foundBy: { 'indicators page by page': ['going on from any cursor'] },
  },
  {
    name: 'the first page is fetched before anyone asks for it',
    world: 'sources',
    edits: [
      {
        file: `${worldBank}/source.ts`,
        find: '    read: (split, from, ctx) => readPages(reader, settings, lookups, split, from, ctx),\n',
        replace: `    read: (split, from, ctx) => {
      const pages = readPages(reader, settings, lookups, split, from, ctx)
      const first = pages.next()
      return (async function* () {
        for (let page = await first; !page.done; page = await pages.next()) yield page.value
      })()
    },\n`,
      },
    ],
    foundBy: { 'indicators page by page': ['nothing is fetched before'] },
  },
  {
    name: 'a file is read from its start whatever the cursor says',
    world: 'sources',
    edits: [
      {
        file: 'packages/objects/src/source/object-source.ts',
        find: 'yield* format.decode(input, from, { signal: ctx.signal })',
        replace: 'yield* format.decode(input, undefined, { signal: ctx.signal })',
      },
    ],
    foundBy: { 'csv files': ['going on from any cursor'] },
  },
  {
    name: 'the command ends with exit code 0 after a failure',
    world: 'adapters',
    edits: [
      {
        file: 'adapters/cli/src/exit-codes.ts',
        find: "  if (status === 'failed') return exitCodes.failed\n",
        replace: '',
      },
    ],
    foundBy: { 'the command': ['a run of which one group failed'] },
  },
  {
    name: 'the command says of a stopped run that it is done',
    world: 'adapters',
    edits: [
      {
        file: 'adapters/cli/src/exit-codes.ts',
        find: "  if (status === 'stopped') return exitCodes[stoppedBy ?? 'stopped']\n",
        replace: '',
      },
    ],
    foundBy: { 'the command': ['a run that was asked to stop'] },
  },
  {
    name: 'a Lambda answers as usual after a failure',
    world: 'adapters',
    edits: [
      {
        file: 'adapters/lambda/src/run-asked.ts',
        find: "  if (overall === 'failed') throw new RunFailed(report)\n",
        replace: '',
      },
    ],
    foundBy: { 'a Lambda': ['a run of which one group failed'] },
  },
]
