import type { TdsAnswer, TdsCall, TdsServer } from '@millrace/etl-testkit/tds'
import { protocolServer } from './server.js'
import { stateTable } from './state-table.js'

/** A row of the table, by the names of its columns. */
export type AppendedRow = Readonly<Record<string, unknown>>

/** A server with one table that is appended to, and the books of its splits. */
export interface AppendServer {
  readonly server: TdsServer
  /** What is committed. */
  readonly rows: readonly AppendedRow[]
  /** Rows that a constraint refuses; with `dooms` the transaction goes with them. */
  refuse(isRefused: (row: AppendedRow) => boolean, options?: { readonly number?: number; readonly dooms?: boolean }): void
}

interface Split {
  epoch: string
  writer: string
  batch: string | null
  cursor: string | null
  receipt: string
}

/** A load that was cleaned up. */
interface Cleaned {
  readonly started: string
  readonly epoch: string
}

interface Books {
  rows: AppendedRow[]
  splits: Map<string, Split>
  loads: Map<string, Cleaned>
}

/** What a session has changed and not committed, with a copy for each savepoint. */
interface Open extends Books {
  /** As it was when the transaction began. */
  readonly before: Books
  saved: Books | undefined
  raw: readonly (readonly unknown[])[]
}

const copy = ({ rows, splits, loads }: Books): Books => ({
  rows: [...rows],
  splits: new Map([...splits].map(([key, split]) => [key, { ...split }])),
  loads: new Map(loads),
})

/**
 * Answers the statements of a sink that appends to one table, as far as they need an answer: enough to see what arrives, once or twice,
 * when connections break. It takes the statements at their word and proves nothing of their SQL.
 */
export async function appendServer(strict = false): Promise<AppendServer> {
  let committed: Books = { rows: [], splits: new Map(), loads: new Map() }
  let isRefused: (row: AppendedRow) => boolean = () => false
  let refusal = { number: 547, dooms: false }
  // A table of its own rules was there before.
  let made = strict
  const state = stateTable()
  const open = new Map<number, Open>()

  const answer = (call: TdsCall): TdsAnswer | undefined => {
    const { kind, sql, session, bulk } = call
    const mine = open.get(session.no)
    if (kind === 'begin')
      return void open.set(session.no, {
        ...copy(committed),
        before: copy(committed),
        saved: undefined,
        raw: rawOf(session.memory),
      })
    if (kind === 'commit' && mine) {
      // What others committed meanwhile stays: rows are only added.
      const added = mine.rows.filter(row => !committed.rows.includes(row))
      committed = {
        rows: [...committed.rows, ...added],
        splits: merged(committed.splits, mine.before.splits, mine.splits),
        loads: merged(committed.loads, mine.before.loads, mine.loads),
      }
    }
    if (kind === 'commit' || kind === 'rollback') return void open.delete(session.no)
    if (bulk) return void session.memory.set('raw', bulk.rows)
    if (sql.startsWith('SAVE TRANSACTION') && mine) return void Object.assign(mine, { saved: copy(mine) })
    if (sql.startsWith('ROLLBACK TRANSACTION') && mine?.saved) return void Object.assign(mine, copy(mine.saved))
    if (sql.includes('XACT_STATE')) {
      const alive = session.inTransaction ? 1 : 0
      return {
        rowset: {
          columns: [
            ['state', 'int'],
            ['count', 'int'],
          ],
          rows: [[alive, alive]],
        },
      }
    }
    if (sql.includes('[_millrace_state]')) return state(call)
    if (sql.includes('sp_getapplock')) return { rowset: { columns: [['granted', 'int']], rows: [[0]] } }
    if (sql.includes('CREATE TABLE [dbo].[readings]')) made = true
    if (sql.includes('FROM sys.objects AS o')) {
      return { rowset: { columns: [['id', 'int'], 'type'], rows: made ? [[1, 'U ']] : [] } }
    }
    if (sql.includes('sys.check_constraints'))
      return {
        rowset: {
          columns: [
            ['c', 'int'],
            ['t', 'int'],
            ['f', 'int'],
          ],
          rows: [[strict ? 1 : 0, 0, 0]],
        },
      }
    if (sql.includes('FROM sys.columns AS c')) return columnsAnswer(made)
    if (sql.includes('[_millrace_loads]')) return loadAnswer(call, mine ?? committed)
    if (sql.includes('[_millrace_splits]')) return splitAnswer(call, mine ?? committed)
    if (sql.startsWith('INSERT INTO [dbo].[readings]') && mine) return insert(sql, { ...mine, raw: rawOf(session.memory) }, mine)
    return undefined
  }

  const insert = (sql: string, { raw }: Open, into: Open): TdsAnswer => {
    const [, from = '0', end = '1e9'] = /\[seq\] >= (\d+) AND \[seq\] < (\d+)/.exec(sql) ?? [
      undefined,
      '0',
      /\[seq\] < (\d+)/.exec(sql)?.[1],
    ]
    const without = new Set((/NOT IN \(([\d, ]+)\)/.exec(sql)?.[1] ?? '').split(', ').filter(Boolean).map(Number))
    const names = [...(/\(([^)]*)\)/.exec(sql)?.[1] ?? '').matchAll(/\[([^\]]+)\]/g)].map(([, name]) => name as string)
    const taken = raw.filter(([seq]) => Number(seq) >= Number(from) && Number(seq) < Number(end) && !without.has(Number(seq)))
    const rows = taken.map(([, ...values]) => Object.fromEntries(names.map((name, at) => [name, values[at]])))
    if (rows.some(isRefused)) {
      return {
        error: { number: refusal.number, message: 'The INSERT statement conflicted with the CHECK constraint.' },
        rollsBack: refusal.dooms,
      }
    }
    into.rows.push(...rows)
    return { rowCount: rows.length }
  }

  const server = await protocolServer({ handler: answer })
  return {
    server,
    get rows() {
      return committed.rows
    },
    refuse(which, { number = 547, dooms = false } = {}) {
      isRefused = which
      refusal = { number, dooms }
    },
  }
}

const rawOf = (memory: Map<string, unknown>) => (memory.get('raw') ?? []) as Open['raw']

/** What is there, with what a transaction changed of what it found. */
function merged<V>(there: Map<string, V>, before: Map<string, V>, now: Map<string, V>): Map<string, V> {
  const same = (key: string) => JSON.stringify(before.get(key)) === JSON.stringify(now.get(key))
  const result = new Map(there)
  for (const key of before.keys()) if (!now.has(key)) result.delete(key)
  for (const [key, value] of now) if (!same(key)) result.set(key, value)
  return result
}

function loadAnswer({ sql, params }: TdsCall, { loads }: Books): TdsAnswer | undefined {
  const { load, started, epoch } = params as Readonly<Record<string, string>>
  if (sql.startsWith('INSERT')) return void loads.set(load as string, { started: started as string, epoch: epoch as string })
  if (sql.startsWith('DELETE')) return void loads.delete(load as string)
  if (sql.startsWith('IF')) return undefined
  const known = loads.get(load as string)
  const isCleaned = known && BigInt(known.started) >= BigInt(started as string) && BigInt(known.epoch) >= BigInt(epoch as string)
  return { rowset: { columns: [['n', 'int']], rows: [[sql.includes('OBJECT_ID') || isCleaned ? 1 : 0]] } }
}

function splitAnswer({ sql, params }: TdsCall, { splits }: Books): TdsAnswer | undefined {
  const key = `${params.load}/${params.split}`
  const found = splits.get(key)
  const given = params as Readonly<Record<string, string>>
  if (sql.startsWith('SELECT [batch_no]')) {
    const { batch, cursor, receipt } = found ?? {}
    return {
      rowset: { columns: [['batch_no', 'bigint'], 'cursor', 'receipt'], rows: found ? [[batch, cursor, receipt]] : [] },
    }
  }
  if (sql.startsWith('INSERT')) {
    if (found) return { error: { number: 2627, class: 14, message: 'Violation of PRIMARY KEY constraint.' } }
    splits.set(key, {
      epoch: given.epoch as string,
      writer: given.writer as string,
      batch: null,
      cursor: null,
      receipt: given.receipt as string,
    })
    return { rowCount: 1 }
  }
  if (sql.includes('SET [epoch]')) {
    if (!found || BigInt(found.epoch) > BigInt(given.epoch as string)) return { rowCount: 0 }
    Object.assign(found, { epoch: given.epoch, writer: given.writer })
    return { rowCount: 1 }
  }
  if (sql.startsWith('UPDATE')) {
    if (found?.writer !== given.writer) return { rowCount: 0 }
    Object.assign(found as Split, { batch: given.batch ?? null, cursor: given.cursor ?? null, receipt: given.receipt })
    return { rowCount: 1 }
  }
  if (sql.startsWith('DELETE')) {
    for (const each of [...splits.keys()]) if (each.startsWith(`${params.load}/`)) splits.delete(each)
    return undefined
  }
  if (sql.startsWith('IF')) return undefined
  const later = [...splits].filter(
    ([key, { epoch }]) => key.startsWith(`${given.load}/`) && BigInt(epoch) > BigInt(given.epoch as string),
  )
  return { rowset: { columns: [['n', 'int']], rows: [[later.length]] } }
}

/** The columns of the table in the tests: `id INT NOT NULL, name NVARCHAR(20) NULL, big BIGINT NOT NULL`. */
function columnsAnswer(made: boolean): TdsAnswer {
  const int = 'int' as const
  return {
    rowset: {
      columns: ['name', 'type', ['bytes', int], ['precision', int], ['scale', int], ['nullable', int], ['filled', int]],
      rows: made
        ? [
            ['id', 'int', 4, 10, 0, 0, 0],
            ['name', 'nvarchar', 40, 0, 0, 1, 0],
            ['big', 'bigint', 8, 19, 0, 0, 0],
          ]
        : [],
    },
  }
}
