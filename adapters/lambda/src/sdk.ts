import { ConfigError } from '@millrace/etl-core'

/** Makes something at first use and keeps it: a client for all invocations of an execution environment. A failure is not kept. */
export function once<V>(make: () => Promise<V>): () => Promise<V> {
  let made: Promise<V> | undefined
  return () => {
    made ??= make().catch(error => {
      made = undefined
      throw error
    })
    return made
  }
}

/**
 * What to throw when a package of the AWS SDK cannot be imported. They are optional peers: most functions need none. To be put right behind the
 * import, as a bundler then leaves a package that is not there to the moment it is used.
 */
export const missing =
  (packageName: string) =>
  (cause: unknown): never => {
    throw new ConfigError('ETL_PACKAGE_MISSING', `This needs the package ${packageName}: npm install ${packageName}`, { cause })
  }
