import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Packages that are installed apart, being large or old. What runs is built elsewhere, in the repository's root as its working directory. */
export const moreFolder = join(process.cwd(), 'bench/more')

/** Imports a package of `bench/more`, of which the compiler knows nothing. */
export async function fromMore<M>(name: string): Promise<M> {
  const { resolve } = createRequire(join(moreFolder, 'package.json'))
  return (await import(pathToFileURL(resolve(name)).href)) as M
}
