import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Connector } from '@millrace/etl-core'
import type { OnResolveArgs, Plugin } from 'esbuild'
import type { ChosenConnectors } from './chosen-connectors.js'
import { portablePath } from './project.js'

/** An export of a package that a stand-in takes the place of. */
interface StandIn {
  readonly name: string
  readonly connector: Connector
  /** Whether it makes connectors (`s3With`), or is one. */
  readonly makes: boolean
}

/** A module of which some exports are replaced. */
interface Replaced {
  readonly file: string
  readonly sideEffects: boolean
  readonly standIns: readonly StandIn[]
  readonly hasDefault: boolean
}

/**
 * Leaves connectors out: in the packages that export them (`s3`, and `s3With` beside it) a stand-in takes their place, which refuses every
 * place. What else those packages export stays, and the compiler drops what is then used no more: a client, a driver.
 *
 * @param left - Gets the schemes of what was replaced: a connector made in the pipeline's own files cannot be.
 */
export function leaveOut({ kept, leftOut }: ChosenConnectors, pipeline: string, project: string, left: Set<string>): Plugin {
  const replaced = new Map<string, Replaced>()
  const here = dirname(fileURLToPath(import.meta.url))
  let standInFile: string | undefined
  return {
    name: 'leave-out',
    setup(builder) {
      if (leftOut.length === 0) return
      builder.onResolve({ filter: /^[^./]/ }, async args => {
        const { path, kind, importer, resolveDir, namespace, pluginData } = args
        if (pluginData === 'resolving' || kind === 'entry-point') return undefined
        const resolveFrom = async (folder: string) => {
          const found = await builder.resolve(path, { kind, importer, resolveDir: folder, pluginData: 'resolving' })
          const usable = found.errors.length === 0 && found.namespace === 'file' && !found.external
          return usable ? { path: found.path, sideEffects: found.sideEffects } : undefined
        }
        if (namespace === 'millrace-left-out') {
          if (path !== 'millrace:real') {
            const found = await resolveFrom(here)
            standInFile = found?.path
            return found
          }
          const { file, sideEffects } = replaced.get(importer) as Replaced
          return { path: file, sideEffects }
        }
        // Not the command's core: the bundle would then hold two.
        if (importer === standInFile) return resolveFrom(dirname(pipeline))
        if (!mayBeOffer(args, project)) return undefined
        const found = await resolveFrom(resolveDir)
        const offer = found && (await offered(found.path, leftOut))
        if (!offer || offer.standIns.length === 0) return undefined
        const name = portablePath(found.path, project)
        replaced.set(name, { file: found.path, sideEffects: found.sideEffects, ...offer })
        return { path: name, namespace: 'millrace-left-out', sideEffects: false }
      })
      builder.onLoad({ filter: /.*/, namespace: 'millrace-left-out' }, ({ path }) => {
        const { standIns, hasDefault } = replaced.get(path) as Replaced
        for (const { connector } of standIns) left.add(connector.scheme)
        return { contents: standInText(standIns, hasDefault, kept), resolveDir: here, loader: 'js' }
      })
    },
  }
}

/** Looking at what a package exports means to import it: only what the pipeline imports anyway is looked at. */
function mayBeOffer({ path, importer, kind }: OnResolveArgs, project: string): boolean {
  if (path.startsWith('node:') || kind === 'dynamic-import') return false
  const inside = importer.startsWith(project) ? importer.slice(project.length) : importer
  return path.startsWith('@millrace/') || !/[\\/]node_modules[\\/]/.test(inside)
}

async function offered(file: string, leftOut: readonly Connector[]): Promise<Pick<Replaced, 'standIns' | 'hasDefault'>> {
  const module = await import(pathToFileURL(file).href).catch(() => ({}))
  const standIns = Object.entries(module as object).flatMap(([name, value]): StandIn[] => {
    const connector = leftOut.find(each => isConnector(value) && value.kind === each.kind && value.scheme === each.scheme)
    if (!connector) return []
    const maker = `${name}With`
    return [{ name, connector, makes: false }, ...(maker in module ? [{ name: maker, connector, makes: true }] : [])]
  })
  return { standIns, hasDefault: 'default' in module }
}

function isConnector(value: unknown): value is Connector {
  const { scheme, open } = (value ?? {}) as Partial<Connector>
  return typeof value === 'object' && typeof scheme === 'string' && typeof open === 'function'
}

function standInText(standIns: readonly StandIn[], hasDefault: boolean, kept: readonly Connector[]): string {
  const lines = standIns.map(({ name, connector: { kind, scheme }, makes }) => {
    const connectors = [...kept.map(each => each.scheme), scheme].join(',')
    const value = `leftOut(${JSON.stringify({ kind, scheme, connectors })})`
    return `${name === 'default' ? 'export default' : `export const ${name} =`} ${makes ? `() => ${value}` : value}`
  })
  const rest = hasDefault && standIns.every(({ name }) => name !== 'default') ? ["export { default } from 'millrace:real'"] : []
  return ["import { leftOut } from '@millrace/cli/left-out'", "export * from 'millrace:real'", ...rest, ...lines].join('\n')
}
