import type { MicroCase } from './micro-case.js'

/** What is timed in loops, by group; the first of each is ours. */
export const microCases: readonly MicroCase[] = [
  { name: 'csv-decode', group: 'CSV to objects', title: 'Millrace', load: async () => (await import('./ours.js')).csvDecoding() },
  { name: 'csv-udsv', group: 'CSV to objects', title: 'uDSV', load: async () => (await import('./peers.js')).udsvText() },
  {
    name: 'csv-papaparse',
    group: 'CSV to objects',
    title: 'papaparse',
    load: async () => (await import('./peers.js')).papaparseText(),
  },
  { name: 'csv-encode', group: 'Objects to CSV', title: 'Millrace', load: async () => (await import('./ours.js')).csvEncoding() },
  {
    name: 'csv-unparse',
    group: 'Objects to CSV',
    title: 'papaparse',
    load: async () => (await import('./peers.js')).papaparseUnparse(),
  },
  {
    name: 'csv-stringify',
    group: 'Objects to CSV',
    title: 'csv-stringify/sync',
    load: async () => (await import('./peers.js')).csvStringifySync(),
  },
  {
    name: 'validate-step',
    group: 'Validating objects',
    title: 'Millrace, a run',
    load: async () => (await import('./validating.js')).validateStep(),
  },
  {
    name: 'validate-zod',
    group: 'Validating objects',
    title: 'zod, `safeParse`',
    load: async () => (await import('./validating.js')).zodLoop(),
  },
  {
    name: 'ndjson-decode',
    group: 'NDJSON to objects',
    title: 'Millrace',
    load: async () => (await import('./ours.js')).ndjsonDecoding(),
  },
  {
    name: 'ndjson-lines',
    group: 'NDJSON to objects',
    title: '`split` and `JSON.parse`',
    load: async () => (await import('./peers.js')).jsonLines(),
  },
]
