/** The types of `terraform-readmes.mjs`, for the tests. */
export function terraformFolders(): string[]
export function withTables(readme: string, variablesText: string, outputsText: string): Promise<string>
export function readmeOf(folder: string): Promise<{ readonly found: string; readonly wanted: string }>
