/** The types of `docs-error-texts.mjs`, for the tests. */
export const errorTexts: Readonly<Record<string, { readonly means: string; readonly todo: string }>>
