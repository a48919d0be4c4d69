import { column } from '@millrace/schema'
import * as z from 'zod'

/** Nine of ten readings have a temperature. */
export const reading = z.object({
  reading_id: column.int32(),
  plant: column.string(60),
  taken: column.timestamp(3),
  moisture: column.float64(),
  temperature: column.float64().nullable(),
})

/** A sensor's reading as a row of a table. */
export type Reading = z.infer<typeof reading>

const names = [
  'Venus flytrap',
  'Corpse flower',
  'Rafflesia arnoldii',
  'Black bat flower',
  'Araucaria “heterophylla”',
  'Épiphyllum',
]
const firstMs = Date.UTC(2026, 0, 1)

/** The reading at an index: always the same. 48 plants, a minute apart. */
export function readingAt(index: number): Reading {
  const plant = index % 48
  const wave = ((index * 7_919) % 100_003) / 100_003
  return {
    reading_id: index + 1,
    plant: `${names[plant % names.length]} ${plant}`,
    taken: new Date(firstMs + Math.floor(index / 48) * 60_000 + plant).toISOString(),
    moisture: 20 + wave * 70,
    temperature: index % 10 === 9 ? null : 9 + wave * 5,
  }
}
