/** A table's name, taken apart. */
export interface TableName {
  /** Absent: the database's default one. */
  readonly schema?: string
  readonly name: string
}

/** Takes `readings` or `archive.readings` apart, at the first dot. */
export function tableName(text: string): TableName {
  const dot = text.indexOf('.')
  return dot < 0 ? { name: text } : { schema: text.slice(0, dot), name: text.slice(dot + 1) }
}

/** Tables whose names begin so are ours: state, splits, what is staged. */
export const reservedPrefix = '_millrace_'

/** Why a text cannot name a table or column, or `undefined` if it can. Quotes, brackets, blanks and emoji are fine: names are always quoted. */
export function nameProblem(text: string, maxChars: number): string | undefined {
  if (text === '') return 'is empty'
  if (text.includes('\0')) return 'holds a NUL character'
  if (/\p{Surrogate}/u.test(text)) return 'holds half a character (a lone surrogate)'
  if (text.length > maxChars) return `has ${text.length} characters, and ${maxChars} fit`
  return text.toLowerCase().startsWith(reservedPrefix) ? `begins with ${reservedPrefix}, which is kept for state` : undefined
}

/** Why a text cannot name a table, with its schema if it names one. */
export function tableProblem(text: string, maxChars: number): string | undefined {
  const { schema, name } = tableName(text)
  return (schema === undefined ? undefined : nameProblem(schema, maxChars)) ?? nameProblem(name, maxChars)
}

/** Names that a database takes for the same one: it does not tell upper from lower case. */
export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** The names that are there twice, in the form they have the second time. */
export function doubledNames(names: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return names.filter(name => {
    const known = name.toLowerCase()
    if (seen.has(known)) return true
    seen.add(known)
    return false
  })
}
