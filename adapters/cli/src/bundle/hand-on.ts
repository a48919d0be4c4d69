import { createRequire } from 'node:module'
import { ConfigError } from '@millrace/etl-core'

/** How a bundled handler hands a load on at its deadline: by invoking the function itself, or by messages in a queue with this address. */
export type BundledHandOn = { readonly by: 'self' } | { readonly by: 'queue'; readonly url: string }

/** What `--hand-on` says; anything else is a problem. */
export function handOnFrom(given: string | undefined, problems: string[]): BundledHandOn | undefined {
  if (given === undefined) return undefined
  if (given === 'self') return { by: 'self' }
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return { by: 'queue', url: given }
  problems.push("--hand-on takes self, or a queue's address (https://sqs.…).")
  return undefined
}

/** What the handler's module imports for it. */
export const handOnImports = (handOn: BundledHandOn | undefined): string =>
  handOn === undefined ? '' : `import { ${handOn.by === 'self' ? 'invokeSelf' : 'sendToQueue'} } from '@millrace/lambda'\n`

/** The handler's option, as code. */
export const handOnOption = (handOn: BundledHandOn): string =>
  `handOn: ${handOn.by === 'self' ? 'invokeSelf()' : `sendToQueue(${JSON.stringify(handOn.url)})`}`

/**
 * A handler that cannot hand on fails at its first deadline, so its client must be there now.
 *
 * @param lambdaFolder - From where `@millrace/lambda` is found, and what it needs with it.
 */
export function requireClient(handOn: BundledHandOn | undefined, lambdaFolder: string): void {
  if (!handOn) return
  const name = handOn.by === 'self' ? '@aws-sdk/client-lambda' : '@aws-sdk/client-sqs'
  try {
    createRequire(createRequire(`${lambdaFolder}/-`).resolve('@millrace/lambda/package.json')).resolve(`${name}/package.json`)
  } catch (cause) {
    throw new ConfigError('ETL_PACKAGE_MISSING', `--hand-on needs the package ${name}: npm install ${name}`, { cause })
  }
}
