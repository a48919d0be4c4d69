import { type Indicator, indicatorAt } from './indicators.js'

const rowsInPool = 20_000
/** What a batch of about 64 KiB of text holds. */
export const poolBatchRows = 1000

/** Rows that are there already, in batches: asked for more than it has, it begins anew. Making rows is in nobody's figures. */
export function poolOf<T extends object>(rowAt: (index: number) => T): readonly (readonly T[])[] {
  return Array.from({ length: rowsInPool / poolBatchRows }, (_, batch) =>
    Array.from({ length: poolBatchRows }, (_, row) => rowAt(batch * poolBatchRows + row)),
  )
}

/** So many rows out of a pool, batch by batch. */
export function* batchesFrom<T>(pool: readonly (readonly T[])[], rows: number): Generator<readonly T[]> {
  for (let at = 0, batch = 0; at < rows; at += poolBatchRows, batch++) {
    const next = pool[batch % pool.length] as readonly T[]
    yield at + next.length <= rows ? next : next.slice(0, rows - at)
  }
}

/** A row that passes the checks, texts where a file has them. */
export const checkableAt = (index: number): Indicator & { readonly value_m: number } => {
  const { iso3, country, indicator, year, value, unit, lastupdated } = indicatorAt(index)
  return { iso3, country, indicator, year, value: value === '' ? '0' : value, unit, lastupdated, value_m: Number(value) / 1e6 }
}
