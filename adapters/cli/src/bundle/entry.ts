import { createRequire } from 'node:module'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '@millrace/etl-core'
import type { Plugin } from 'esbuild'
import { type BundledHandOn, handOnImports, handOnOption, requireClient } from './hand-on.js'
import { type PowertoolsPart, powertoolsImports, powertoolsOptions } from './powertools.js'

/** What the bundle begins with. Nobody finds it on disk. */
export const entryPoint = 'millrace:handler'

/** What a bundled handler uses besides the pipeline. */
export interface HandlerUses {
  /** The pipeline's file exports a handler of its own, which is taken as it is. */
  readonly own: boolean
  /** Found from the pipeline's file. */
  readonly powertools: readonly PowertoolsPart[]
  readonly handOn: BundledHandOn | undefined
}

/** The module whose `handler` Lambda calls. A CommonJS pipeline may hold its export one level down. */
const entryText = (file: string, { powertools, handOn }: HandlerUses): string => `
import * as exported from ${JSON.stringify(`./${basename(file)}`)}
import { lambdaHandler } from '@millrace/lambda'
${powertoolsImports(powertools)}${handOnImports(handOn)}const found = exported.default
const pipeline = 'build' in found ? found : found.default
const serviceName = process.env.POWERTOOLS_SERVICE_NAME || pipeline.name
export const handler = lambdaHandler(pipeline, { ${[...powertoolsOptions(powertools), ...(handOn ? [handOnOption(handOn)] : [])].join(', ')} })
`

/** The module where the pipeline's file exports a handler: that one, with the options it was given. */
const ownEntryText = (file: string): string => `export { handler } from ${JSON.stringify(`./${basename(file)}`)}\n`

/**
 * The handler's module around a pipeline's file.
 *
 * @throws ConfigError `ETL_BUNDLE_LAMBDA` where the project has no \`@millrace/lambda\`, `ETL_PACKAGE_MISSING` where it has no client to hand on with.
 */
export function handlerEntry(file: string, uses: HandlerUses): Plugin {
  const lambdaFolder = uses.own ? dirname(file) : folderWithLambda(file)
  requireClient(uses.handOn, lambdaFolder)
  return {
    name: 'handler-entry',
    setup(builder) {
      builder.onResolve({ filter: /^millrace:handler$/ }, () => ({ path: 'index.js', namespace: 'millrace-handler' }))
      builder.onResolve({ filter: /^@millrace\/lambda$/, namespace: 'millrace-handler' }, ({ path, kind }) =>
        builder.resolve(path, { kind, resolveDir: lambdaFolder }),
      )
      builder.onLoad({ filter: /.*/, namespace: 'millrace-handler' }, () => ({
        contents: uses.own ? ownEntryText(file) : entryText(file, uses),
        resolveDir: dirname(file),
        loader: 'js',
      }))
    },
  }
}

/** The project's own copy; else the one beside the command, as in a clone of the repository. */
function folderWithLambda(file: string): string {
  for (const from of [file, fileURLToPath(import.meta.url)]) {
    try {
      createRequire(from).resolve('@millrace/lambda/package.json')
      return dirname(from)
    } catch {
      // Looked for in the next place.
    }
  }
  throw new ConfigError(
    'ETL_BUNDLE_LAMBDA',
    'The handler of a bundle is made by @millrace/lambda, which this project does not have. npm install @millrace/lambda',
  )
}
