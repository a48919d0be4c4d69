/** A change of one file. */
export interface Edit {
  /** From the root: `packages/etl-core/src/lease.ts`. */
  readonly file: string
  /** Must occur exactly once. */
  readonly find: string
  readonly replace: string
}

/** A bug that is put into the sources, and what must find it. */
export interface PlantedBug {
  /** A sentence that says what is wrong. */
  readonly name: string
  /** The module of `worlds` whose suites look for it. */
  readonly world: 'adapters' | 'loads' | 'moves' | 'objects' | 'sources' | 'stores'
  readonly edits: readonly Edit[]
  /** By suite: the cases that must fail, each as the beginning of its name. */
  readonly foundBy: Readonly<Record<string, readonly string[]>>
}
