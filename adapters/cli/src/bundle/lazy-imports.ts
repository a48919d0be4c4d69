import type { Plugin } from 'esbuild'
import { portablePath } from './project.js'

interface Target {
  readonly path: string
  readonly sideEffects: boolean
}

/**
 * Makes `import()` give what it gives in Node. Where a bundle is split, esbuild gives a CommonJS package as its default export alone, without
 * the names beside it. So each lazily imported module gets one before it that resolves to it: an object with `then` is waited for.
 */
export function lazyImports(project: string): Plugin {
  const targets = new Map<string, Target>()
  return {
    name: 'lazy-imports',
    setup(builder) {
      builder.onResolve({ filter: /.*/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind !== 'dynamic-import' || pluginData === 'resolving') return undefined
        const found = await builder.resolve(path, { kind, importer, resolveDir, pluginData: 'resolving' })
        if (found.errors.length > 0 || found.external || !/\.[cm]?[jt]sx?$/.test(found.path)) return undefined
        // With the ending of an ES module, so that the default export is all of a CommonJS module, as in Node.
        const name = `${portablePath(found.path, project)}.mjs`
        targets.set(name, { path: found.path, sideEffects: found.sideEffects })
        return { path: name, namespace: 'millrace-lazy' }
      })
      builder.onResolve({ filter: /^millrace:target$/, namespace: 'millrace-lazy' }, ({ importer }) => targets.get(importer))
      builder.onLoad({ filter: /.*/, namespace: 'millrace-lazy' }, () => ({
        contents: "import * as module from 'millrace:target'\nexport const then = resolve => resolve(module)",
        loader: 'js',
      }))
    },
  }
}
