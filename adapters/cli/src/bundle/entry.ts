import { createRequire } from 'node:module'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '@millrace/etl-core'
import type { Plugin } from 'esbuild'
import { type PowertoolsPart, powertoolsImports, powertoolsOptions } from './powertools.js'

/** What the bundle begins with. Nobody finds it on disk. */
export const entryPoint = 'millrace:handler'

/** The module whose `handler` Lambda calls. A CommonJS pipeline may hold its export one level down. */
const entryText = (file: string, used: readonly PowertoolsPart[]): string => `
import * as exported from ${JSON.stringify(`./${basename(file)}`)}
import { lambdaHandler } from '@millrace/lambda'
${powertoolsImports(used)}const found = exported.default
const pipeline = 'build' in found ? found : found.default
const serviceName = process.env.POWERTOOLS_SERVICE_NAME || pipeline.name
export const handler = lambdaHandler(pipeline, ${powertoolsOptions(used)})
`

/**
 * The handler's module around a pipeline's file.
 *
 * @param used - What the handler uses of Powertools; found from the pipeline's file.
 * @throws ConfigError `ETL_BUNDLE_LAMBDA` where the project has no \`@millrace/lambda\`.
 */
export function handlerEntry(file: string, used: readonly PowertoolsPart[]): Plugin {
  const lambdaFolder = folderWithLambda(file)
  return {
    name: 'handler-entry',
    setup(builder) {
      builder.onResolve({ filter: /^millrace:handler$/ }, () => ({ path: 'index.js', namespace: 'millrace-handler' }))
      builder.onResolve({ filter: /^@millrace\/lambda$/, namespace: 'millrace-handler' }, ({ path, kind }) =>
        builder.resolve(path, { kind, resolveDir: lambdaFolder }),
      )
      builder.onLoad({ filter: /.*/, namespace: 'millrace-handler' }, () => ({
        contents: entryText(file, used),
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
