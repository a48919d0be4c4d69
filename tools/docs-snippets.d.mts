/** The types of `docs-snippets.mjs`, for the tests. */
export function regionOf(text: string, region: string | undefined, file: string): string
export function snippetBlock(snippets: string, reference: string): string
export function filledIn(
  markdown: string,
  parts: { readonly snippet: (reference: string) => string; readonly generated: (name: string) => string },
): string
export function snippetsIn(markdown: string): string[]
export function looseBlocks(markdown: string): string[]
