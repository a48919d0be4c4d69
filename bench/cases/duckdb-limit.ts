/** What DuckDB may hold here. Without a limit it keeps what it has read and written for as long as the machine has room. */
export const duckdbLimitMb = 128
export const duckdbLimitBytes = duckdbLimitMb * 1e6
