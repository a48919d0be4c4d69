import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

it('a bundle of the handler loads the SDK only when a bucket is first used', async () => {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../src/lambda.ts', import.meta.url))],
    conditions: ['millrace-source'],
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', outdir: 'out', write: false, metafile: true },
    logLevel: 'silent',
  })
  const { outputs } = metafile
  const loadedWith = (file: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(file)) return seen
    seen.add(file)
    for (const { path, kind } of outputs[file]?.imports ?? []) if (kind === 'import-statement') loadedWith(path, seen)
    return seen
  }
  const entry = Object.keys(outputs).find(file => outputs[file]?.entryPoint?.endsWith('src/lambda.ts')) ?? ''
  const inputsOf = (files: Iterable<string>) => [...files].flatMap(file => Object.keys(outputs[file]?.inputs ?? {}))
  const sdk = (inputs: readonly string[]) => inputs.filter(input => /node_modules\/(@aws-sdk|@smithy)\//.test(input))

  expect(sdk(inputsOf(Object.keys(outputs))).length).toBeGreaterThan(10)
  expect(sdk(inputsOf(loadedWith(entry)))).toEqual([])
})
