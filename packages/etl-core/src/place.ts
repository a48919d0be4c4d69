import type { Place } from './connector.js'
import { ConfigError } from './errors.js'

/**
 * Takes `scheme:rest` apart.
 *
 * @throws ConfigError `ETL_PLACE_INVALID` without a scheme, `ETL_PLACE_SECRET` if it holds a password: places end up in logs, plans and
 * shell histories, so a password comes from the environment, a provider function or a role.
 */
export function parsePlace(text: string): Place {
  const found = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(text)
  if (!found || found[2] === '') {
    throw new ConfigError(
      'ETL_PLACE_INVALID',
      `"${withoutSecrets(text, '')}" is not a place. Write scheme:rest, for example file:./out.`,
    )
  }
  const scheme = (found[1] as string).toLowerCase()
  const rest = found[2] as string
  const shown = `${scheme}:${withoutSecrets(rest, scheme)}`
  if (hasPassword(rest, scheme)) {
    throw new ConfigError(
      'ETL_PLACE_SECRET',
      `The place ${shown} holds a password. Leave it out and give it through the environment or a role.`,
      { context: { place: shown } },
    )
  }
  return { scheme, rest, shown }
}

/** A word for a secret, an equals sign and what follows, up to the next separator. */
const secretPair = /\b(password|pwd|pass|secret|token|sig|signature|accountkey|sharedaccesskey|api_?key)\s*=\s*[^;&]*/i

/** Everything before the last `@` of the part that names a host: user names and passwords may hold any character. */
function userOf(rest: string): string | undefined {
  const at = rest.lastIndexOf('@')
  return at < 0 ? undefined : rest.slice(0, at).replace(/^\/\//, '')
}

function hasPassword(rest: string, scheme: string): boolean {
  // In a path an `@` and a colon are ordinary characters.
  const user = scheme === 'file' && !rest.startsWith('//') ? undefined : userOf(rest)
  return (user?.includes(':') ?? false) || secretPair.test(rest)
}

/** A place's text without user, password, query and fragment. */
function withoutSecrets(rest: string, scheme: string): string {
  const at = rest.lastIndexOf('@')
  const slashes = rest.startsWith('//') ? '//' : ''
  const bare = at < 0 || (scheme === 'file' && slashes === '') ? rest : `${slashes}${rest.slice(at + 1)}`
  return bare.replace(/[?#].*$/s, '').replace(new RegExp(`;?\\s*${secretPair.source}`, 'gi'), '')
}
