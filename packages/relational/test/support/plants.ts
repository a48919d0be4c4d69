import type { RelatedTablesOptions } from '@millrace/etl-core'
import { type Column, duckdbType } from '@millrace/schema/columns'
import type { DatabaseRules } from '../../src/index.js'

/** A flat reading: its plant, its botanist, its town. */
export interface Reading {
  readonly plant: number
  readonly name: string
  readonly botanist: string | null
  readonly phone: string | null
  readonly town: string | null
  readonly country: string | null
  readonly takenAt: string
  readonly moisture: number | null
}

export const columns: readonly Column[] = [
  { name: 'plant', type: { kind: 'int32' }, nullable: false },
  { name: 'name', type: { kind: 'string', length: 100 }, nullable: false },
  { name: 'botanist', type: { kind: 'string', length: 50 }, nullable: true },
  { name: 'phone', type: { kind: 'string' }, nullable: true },
  { name: 'town', type: { kind: 'string' }, nullable: true },
  { name: 'country', type: { kind: 'string' }, nullable: true },
  { name: 'takenAt', type: { kind: 'timestamp', precision: 6 }, nullable: false },
  { name: 'moisture', type: { kind: 'float64' }, nullable: true },
]

export const rules: DatabaseRules = { physicalType: duckdbType, maxNameChars: 60 }

/** Declared from the fact down: the plan turns it round. */
export const declaration: RelatedTablesOptions<Reading> = {
  tables: {
    reading: {
      columns: { taken_at: 'takenAt', moisture: 'moisture' },
      references: { plant_id: 'plant' },
      key: ['plant_id', 'taken_at'],
      changes: 'keep',
    },
    plant: {
      columns: { plant_no: 'plant', plant_name: 'name' },
      references: { botanist_id: 'botanist', town_id: 'town' },
      key: ['plant_no'],
    },
    botanist: { columns: { name: 'botanist', phone: 'phone' }, key: ['name'] },
    town: { columns: { name: 'town', country: 'country' }, key: ['name', 'country'] },
  },
  views: { flat: 'reading' },
}

export const aReading: Reading = {
  plant: 1,
  name: 'Venus flytrap',
  botanist: 'Ana',
  phone: null,
  town: 'Reus',
  country: 'ES',
  takenAt: '2026-01-26T13:12:19.000001Z',
  moisture: 12.5,
}
