const secretName =
  /(^|[-_.])(api)?[-_.]?key$|apikey|appid|token|secret|passw|^pass$|pwd|signature|(^|[-_.])sig$|credential|^auth/i
const secretHeader = /^(proxy-)?authorization$|cookie|key|token|secret|auth|signature/i

const isSecret = (name: string, more: readonly string[]): boolean =>
  secretName.test(name) || more.some(other => other.toLowerCase() === name.toLowerCase())

/**
 * An address as logs and errors may show it: without user and fragment, and with `***` for the values of query parameters whose names
 * say that they are secret (`key`, `api_key`, `token`, `password`, `signature` and their like) or are listed in `secretParams`.
 */
export function redactUrl(url: string | URL, secretParams: readonly string[] = []): string {
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  shown.hash = ''
  const names = new Set(shown.searchParams.keys())
  // Setting a parameter writes the whole query anew; without secrets it stays as it was sent.
  for (const name of names) if (isSecret(name, secretParams)) shown.searchParams.set(name, '***')
  return shown.href
}

/** Of an address that cannot be read no part is known to be harmless: so many characters are for people to find it by. */
const shownChars = 60

/**
 * An address that is none, or none of http, for an error: what comes before query and fragment, without anything that may be a user or
 * password; of schemes without a host only their name.
 */
export function redactText(address: string): string {
  const scheme = /^\s*([a-z][a-z0-9+.-]*:)(?!\/\/)/i.exec(address)?.[1]
  if (scheme !== undefined) return `${scheme}…`
  const plain = address.replace(/[?#].*$/s, '').replace(/^([^@/]*\/\/)?.*@/s, '$1***@')
  return plain.length < address.length || plain.length > shownChars ? `${plain.slice(0, shownChars)}…` : plain
}

/** The secret values of a request, longest first, to be taken out of whatever a server says back. */
export function secretsOf(
  url: URL,
  headers: Readonly<Record<string, string>>,
  secretParams: readonly string[] = [],
): readonly string[] {
  const values = [
    ...[...url.searchParams].filter(([name]) => isSecret(name, secretParams)).map(([, value]) => value),
    ...Object.entries(headers)
      .filter(([name]) => secretHeader.test(name))
      .flatMap(([, value]) => [value, value.replace(/^\w+ /, '')]),
  ]
  // A value of one or two characters would be found everywhere.
  return [...new Set(values)].filter(value => value.length > 3).sort((a, b) => b.length - a.length)
}

export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => shown.split(secret).join('***').split(encodeURIComponent(secret)).join('***'), text)
}
