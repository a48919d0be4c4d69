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
      `"${withoutSecrets(text)}" is not a place. Write scheme:rest, for example file:./out.`,
    )
  }
  const scheme = (found[1] as string).toLowerCase()
  const rest = found[2] as string
  const shown = `${scheme}:${withoutSecrets(rest)}`
  if (hasPassword(rest)) {
    throw new ConfigError(
      'ETL_PLACE_SECRET',
      `The place ${shown} holds a password. Leave it out and give it through the environment or a role.`,
      { context: { place: shown } },
    )
  }
  return { scheme, rest, shown }
}

const userInfo = /^(\/\/)([^/?#]*)@/

function hasPassword(rest: string): boolean {
  const user = userInfo.exec(rest)?.[2]
  return (user?.includes(':') ?? false) || /[?&;](password|pwd|pass|secret|token)=/i.test(rest)
}

/** A place's text without user, password, query and fragment. */
function withoutSecrets(rest: string): string {
  return rest
    .replace(/\/\/[^/?#]*@/, '//')
    .replace(/[?#].*$/s, '')
    .replace(/;(password|pwd|pass|secret|token)=[^;]*/gi, '')
}
