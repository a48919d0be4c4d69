/** The types of `docs-sync.mjs`, for the tests. */
export interface DocumentNow {
  /** From the root. */
  readonly file: string
  /** What it says; absent when it is not there. */
  readonly found: string | undefined
  /** What it should say. */
  readonly wanted: string
}

export function documentsNow(): Promise<DocumentNow[]>
