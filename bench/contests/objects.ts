import type { InputKind } from '../inputs/index.js'
import { type Contest, type Entrant, entrant } from './contest.js'

const named = (contest: string, input: InputKind) => ({
  run: entrant({
    name: `${contest}-run`,
    title: 'Millrace, a run',
    input,
    load: async () => (await import('../cases/objects.js')).objectsByRun(input),
  }),
  decode: entrant({
    name: `${contest}-decode`,
    title: 'Millrace, the format alone',
    input,
    load: async () => (await import('../cases/objects.js')).objectsByDecode(input),
  }),
  csvParse: entrant({
    name: `${contest}-csv-parse`,
    title: 'csv-parse',
    input,
    load: async () => (await import('../peers/objects.js')).objectsByCsvParse(input),
  }),
  papaparse: entrant({
    name: `${contest}-papaparse`,
    title: 'papaparse',
    input,
    load: async () => (await import('../peers/objects-papaparse.js')).objectsByPapaparse(input),
  }),
  udsv: entrant({
    name: `${contest}-udsv`,
    title: 'uDSV',
    input,
    load: async () => (await import('../peers/objects-udsv.js')).objectsByUdsv(input),
  }),
  csvParser: entrant({
    name: `${contest}-csv-parser`,
    title: 'csv-parser',
    input,
    once: true,
    load: async () => (await import('../peers/objects-others.js')).objectsByCsvParser(input),
  }),
  fastCsv: entrant({
    name: `${contest}-fast-csv`,
    title: 'fast-csv',
    input,
    once: true,
    load: async () => (await import('../peers/objects-others.js')).objectsByFastCsv(input),
  }),
  readline: entrant({
    name: `${contest}-readline`,
    title: 'readline and JSON.parse',
    input,
    load: async () => (await import('../peers/objects.js')).objectsByReadline(input),
  }),
})

function csvObjects(name: string, title: string, input: InputKind, more: Partial<Contest> = {}): Contest {
  const { run, decode, csvParse, papaparse, udsv, csvParser, fastCsv } = named(name, input)
  const others: readonly Entrant[] = input === 'indicators' ? [csvParser, fastCsv] : []
  const times = (ours: Entrant, peer: Entrant, goal: number, aim: number) =>
    ({ ours: ours.name, peer: peer.name, as: 'times', goal, aim }) as const
  return {
    name,
    title,
    entrants: [csvParse, papaparse, udsv, ...others, decode, run],
    goals: [times(run, csvParse, 10, 15), times(run, papaparse, 4, 6), times(run, udsv, 1.8, 2.8)],
    ...more,
  }
}

const lines = named('ndjson-objects', 'indicators-json')

/** Files as objects. */
export const objectContests: readonly Contest[] = [
  csvObjects('csv-objects', 'CSV to objects', 'indicators'),
  csvObjects('csv-objects-plain', 'CSV to objects, ASCII without quotes', 'plain', { goals: [] }),
  csvObjects('csv-objects-wide', 'CSV to objects, 50 columns', 'wide', { goals: [], scale: 0.1 }),
  {
    name: 'ndjson-objects',
    title: 'NDJSON to objects',
    entrants: [lines.readline, lines.decode, lines.run],
    goals: [{ ours: lines.run.name, peer: lines.readline.name, as: 'times', goal: 1.5, aim: 2.5 }],
  },
]
