import { type Contest, type Entrant, entrant, type Goal } from './contest.js'

const map = entrant({
  name: 'csv-work-map',
  title: 'Millrace, `map` to objects',
  load: async () => (await import('../cases/work.js')).workWithMap,
})
const steps = entrant({
  name: 'csv-work-steps',
  title: 'Millrace, steps',
  load: async () => (await import('../cases/work.js')).workWithSteps,
})
const asRead = entrant({
  name: 'csv-work-as-read',
  title: 'Millrace, steps, `keep: input`',
  load: async () => (await import('../cases/work.js')).workAsRead,
})
const streams = entrant({
  name: 'csv-work-csv-parse',
  title: 'csv-parse + zod + csv-stringify',
  load: async () => (await import('../peers/work-csv-parse.js')).workByCsvParse,
})
const miller = entrant({
  name: 'csv-work-miller',
  title: 'Miller',
  byValue: 'csv',
  needsProgram: 'mlr',
  load: async () => (await import('../peers/work-miller.js')).workByMiller,
})
const duckdb = entrant({
  name: 'csv-work-duckdb',
  title: 'DuckDB, one thread',
  byValue: 'csv',
  load: async () => (await import('../peers/work-duckdb.js')).workByDuckdb,
})

const others: readonly Entrant[] = [
  entrant({
    name: 'csv-work-udsv',
    title: 'uDSV + zod',
    once: true,
    load: async () => (await import('../peers/work-udsv.js')).workByUdsv,
  }),
  entrant({
    name: 'csv-work-papaparse',
    title: 'papaparse + zod',
    once: true,
    load: async () => (await import('../peers/work-papaparse.js')).workByPapaparse,
  }),
  entrant({
    name: 'csv-work-fast-csv',
    title: 'fast-csv + zod',
    once: true,
    load: async () => (await import('../peers/work-fast-csv.js')).workByFastCsv,
  }),
  entrant({
    name: 'csv-work-effect',
    title: 'Effect Stream + csv-parse + zod + csv-stringify',
    once: true,
    needsPackage: 'effect',
    load: async () => (await import('../peers/work-effect.js')).workByEffect,
  }),
  entrant({
    name: 'csv-work-etl',
    title: 'etl + zod + csv-stringify',
    once: true,
    needsPackage: 'etl',
    load: async () => (await import('../peers/work-etl.js')).workByEtl,
  }),
]

const goals = (ours: Entrant, limits: readonly (readonly [Entrant, Goal['as'], goal: number, aim?: number])[]): Goal[] =>
  limits.map(([peer, as, goal, aim]) => ({
    ours: ours.name,
    peer: peer.name,
    as,
    goal,
    ...(aim === undefined ? {} : { aim }),
  }))

const ofSteps = [
  [streams, 'times', 10, 15],
  [miller, 'times', 4],
  [duckdb, 'share', 1],
] as const

/** Rows read, filtered, added to, checked and written. */
export const workContest: Contest = {
  name: 'csv-work',
  title: 'CSV, filter, derive, validate, CSV',
  entrants: [streams, miller, duckdb, ...others, map, steps, asRead],
  goals: [
    ...goals(map, [
      [streams, 'times', 6, 9],
      [miller, 'times', 2],
      [duckdb, 'share', 1.6],
    ]),
    ...goals(steps, ofSteps),
    ...goals(asRead, ofSteps),
  ],
}

/** What costs are followed over more and more rows. */
export const growing: readonly Entrant[] = [map, steps, asRead, streams, duckdb]
