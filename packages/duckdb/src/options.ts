/** How a DuckDB file is opened. */
export interface DuckdbOptions {
  /** How long to wait for another process that has the file open, in milliseconds. Default 30,000. */
  readonly lockWaitMs?: number | undefined
  /** What DuckDB itself may hold in memory, as it spells it: `512MB`. Beyond that it writes to `<file>.tmp`. Default: 80 % of the machine's. */
  readonly memoryLimit?: string | undefined
  /** Threads DuckDB may use. Default: one per core. */
  readonly threads?: number | undefined
}

/** What is passed to DuckDB when a file is opened. */
export function configOf({ memoryLimit, threads }: DuckdbOptions, readOnly: boolean): Record<string, string> {
  return {
    // What is not built in would be fetched from the network, or half a second is lost in trying.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    ...(memoryLimit === undefined ? {} : { memory_limit: memoryLimit }),
    ...(threads === undefined ? {} : { threads: String(threads) }),
    ...(readOnly ? { access_mode: 'READ_ONLY' } : {}),
  }
}
