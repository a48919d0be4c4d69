// What the documentation says of the code is asked of the code: this bundles the sources and gives what the generators need of them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { repositoryRoot } from './workspaces.mjs'

const wanted = `
  export { toJSONSchema } from 'zod'
  export { guaranteeOf } from '@millrace/etl-core'
  export { adapterCases, crashCases, moveCases, objectStoreCases, sinkCases, sourceCases, stateStoreCases } from '@millrace/etl-testkit/cases'
  export { worldBankOptions } from '@millrace/source-worldbank'
  export { params as worldbankParams } from '@millrace/system-worldbank'
  export * as flags from './adapters/cli/src/flags/command-flags.js'
  export { kebab } from './adapters/cli/src/flags/param-fields.js'
`

/** Bundled from sources, so that nothing has to be built first and nothing built earlier is believed. */
export async function facts() {
  const { outputFiles } = await build({
    stdin: { contents: wanted, resolveDir: repositoryRoot, loader: 'ts' },
    bundle: true,
    write: false,
    conditions: ['millrace-source'],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Packages written as CommonJS ask for built-ins by require.
    banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" },
    logLevel: 'silent',
  })
  const folder = mkdtempSync(join(tmpdir(), 'millrace-docs-'))
  try {
    const file = join(folder, 'facts.mjs')
    writeFileSync(file, outputFiles[0].contents)
    return await import(pathToFileURL(file).href)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
