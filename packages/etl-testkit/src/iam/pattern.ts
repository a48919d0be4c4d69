/**
 * Whether a text fits a pattern of IAM: `*` is any text, `?` one character, and `${*}`, `${?}`, `${$}` are those characters themselves.
 * Other variables are what a request is made with, and not known here.
 *
 * @throws Error for one of those.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const source = pattern.replace(/\$\{([^}]*)\}|[\s\S]/gu, (piece, variable: string | undefined) => {
    if (variable !== undefined) {
      if (!/^[*?$]$/.test(variable)) throw new Error(`The variable ${piece} of a policy is not judged.`)
      return `\\${variable}`
    }
    if (piece === '*') return '[\\s\\S]*'
    if (piece === '?') return '[\\s\\S]'
    return piece.replace(/[\\^$.|+()[\]{}/]/, '\\$&')
  })
  return new RegExp(`^${source}$`, 'u').test(text)
}
