import type { RelatedTablesOptions } from '@millrace/etl-core'
import { column } from '@millrace/schema'
import * as z from 'zod'
import { quoted } from '../../src/sql.js'
import { isThere, query } from './live.js'

/** A record with one column of each kind that is easily broken. */
export const plantSchema = z.object({
  id: column.int32(),
  name: column.string(),
  big: column.int64(),
  price: column.decimal(38, 10).nullable(),
  takenAt: column.timestamp(6),
  day: column.date().nullable(),
  alive: column.bool(),
  moisture: column.float64().nullable(),
  picture: column.bytes().nullable(),
  more: column.json().nullable(),
})
export type Plant = z.infer<typeof plantSchema>

export const plant = (id: number, over: Partial<Plant> = {}): Plant => ({
  id,
  name: `plant ${id} – ñ 🌱`,
  big: 9007199254740993n + BigInt(id),
  price: '1234567890123456789012345678.0123456789',
  takenAt: '2026-01-26T13:12:19.123456Z',
  day: id % 2 === 0 ? null : '0001-01-01',
  alive: id % 2 === 0,
  moisture: id % 3 === 0 ? null : id / 3,
  picture: null,
  more: { nested: ['ñ', null, 1.5] },
  ...over,
})

const fields = ['id', 'name', 'big', 'price', 'takenAt', 'day', 'alive', 'moisture', 'picture', 'more'] as const

/** The plants in a table or view, by id: written here, so that a mistake of the source cannot hide one of the sink. */
export async function readPlants(schema: string, table: string): Promise<Plant[]> {
  if (!(await isThere(schema, table))) return []
  const asked: Partial<Record<string, string>> = {
    big: 'CAST([big] AS VARCHAR(20))',
    price: 'CAST([price] AS VARCHAR(41))',
    takenAt: 'CAST([takenAt] AS VARCHAR(27))',
    day: 'CAST([day] AS VARCHAR(10))',
  }
  const rows = await query(
    `SELECT ${fields.map(name => asked[name] ?? quoted(name)).join(', ')} FROM ${quoted(schema)}.${quoted(table)} ORDER BY [id]`,
  )
  return rows.map(row => {
    const of = Object.fromEntries(fields.map((name, at) => [name, row[at]])) as Record<string, unknown>
    return {
      ...of,
      big: BigInt(of.big as string),
      // `.5` is half to some servers.
      price: of.price === null ? null : String(of.price).replace(/^(-?)\./, '$10.'),
      takenAt: `${String(of.takenAt).replace(' ', 'T')}Z`,
      picture: of.picture === null ? null : new Uint8Array(of.picture as Buffer),
      more: of.more === null ? null : JSON.parse(of.more as string),
    } as Plant
  })
}

/** The same records in two tables and a view, in a schema of the test's own. */
export const relatedPlants = (schema: string): RelatedTablesOptions<Plant> => ({
  tables: {
    [`${schema}.at`]: {
      columns: {
        select: 'takenAt',
        price: 'price',
        day: 'day',
        more: 'more',
        big: 'big',
        alive: 'alive',
        moisture: 'moisture',
        picture: 'picture',
      },
      references: { 'who "is"': `${schema}.plant 🌱` },
      key: ['who "is"'],
    },
    [`${schema}.plant 🌱`]: { columns: { id: 'id', name: 'name' }, key: ['id'] },
  },
  views: { [`${schema}.flat`]: `${schema}.at` },
})
