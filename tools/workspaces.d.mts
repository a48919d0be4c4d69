/** The types of `workspaces.mjs`, for the TypeScript that uses it: the shared tsup function and the tests. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports?: Readonly<Record<string, string | { readonly [condition: string]: unknown }>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly files?: readonly string[]
  readonly [field: string]: unknown
}

export interface Workspace {
  /** From the root, as `packages/x`. */
  readonly path: string
  /** Absolute. */
  readonly folder: string
  readonly manifest: Manifest
}

export const repositoryRoot: string
export function readJson(file: string): Manifest
export function listWorkspaces(root?: string): Workspace[]
export function entriesOf(manifest: Manifest): Record<string, string>
export function hasCjs(manifest: Manifest): boolean
