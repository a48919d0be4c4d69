import { ConfigError } from '@millrace/etl-core'

/**
 * The endpoint that the SDK will take from the environment, and the variable it stands in.
 *
 * @param service - As in the variable's name: `S3`, `DYNAMODB`.
 */
export function endpointIn(
  env: NodeJS.ProcessEnv,
  service: string,
): { readonly name: string; readonly endpoint: string } | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true') return undefined
  const name = [`AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL'].find(each => env[each])
  return name === undefined ? undefined : { name, endpoint: env[name] as string }
}

/**
 * Checks an endpoint that was not given in code, before the SDK stumbles over it.
 *
 * @param of - Whose address it is, for people: `S3`.
 * @param name - Where it stands: `AWS_ENDPOINT_URL_S3`.
 * @throws ConfigError `ETL_CONFIG_INVALID` naming that.
 */
export function checkEndpoint(of: string, name: string, endpoint: string): void {
  const problems = endpointProblems(name, endpoint)
  if (problems.length === 0) return
  throw new ConfigError('ETL_CONFIG_INVALID', `The address of ${of} is not valid: ${problems.join('; ')}.`, { context: { name } })
}

/** What is wrong with an endpoint, for people; nothing if it is an address without secrets. */
export function endpointProblems(name: string, endpoint: string): string[] {
  // The text is not quoted where it may hold a password.
  if (!URL.canParse(endpoint)) return [`${name} must be an address such as http://127.0.0.1:9000`]
  const { protocol, username, password, search, hash } = new URL(endpoint)
  const problems: string[] = []
  if (protocol !== 'http:' && protocol !== 'https:') problems.push(`${name} must begin with http:// or https://`)
  if (username !== '' || password !== '') problems.push(`${name} holds a user or password: give them as credentials`)
  if (search !== '' || hash !== '') problems.push(`${name} holds a query or fragment`)
  return problems
}

/** Whether an endpoint is someone's own; regional and VPC endpoints of AWS are not. */
export function isCustom(endpoint: string | undefined): boolean {
  if (endpoint === undefined || !URL.canParse(endpoint)) return endpoint !== undefined
  return !/\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname)
}
