import type * as NodeApi from '@duckdb/node-api'

let loading: Promise<typeof NodeApi> | undefined

/** The driver: 70 MB of library, loaded at first use. */
export function duckdbClient(): Promise<typeof NodeApi> {
  loading ??= import('@duckdb/node-api')
  return loading
}
