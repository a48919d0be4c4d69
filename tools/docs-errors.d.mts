/** The types of `docs-errors.mjs`, for the tests. */
export interface MadeCode {
  readonly code: string
  readonly classes: readonly string[]
  readonly retry: readonly string[]
}

export function codesIn(text: string, file: string): MadeCode[]
export function thrownCodes(root?: string): (MadeCode & { readonly packages: readonly string[] })[]
