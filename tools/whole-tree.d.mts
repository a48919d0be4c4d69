import type ts from 'typescript'

/** Everything the root `tsconfig.json` includes, as one program; `errors` are those of that file. */
export function wholeTree(): {
  readonly program: ts.Program
  readonly files: ReadonlySet<string>
  readonly errors: readonly ts.Diagnostic[]
}

/** The exported names of a file without a doc comment; an alias is documented where the thing itself is declared. */
export function undocumentedExports(program: ts.Program, file: string): string[]

/** Statements that are only a promise: not awaited, not `void`, without a handler for its failure. */
export function floatingPromises(program: ts.Program, files: ReadonlySet<string>): string[]
