import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from './project.js'

/** The parts of AWS Lambda Powertools that a function can use: the option of the handler, the class, and what else it is made with. */
const parts = [
  { option: 'logger', made: 'Logger', more: '' },
  { option: 'metrics', made: 'Metrics', more: "namespace: process.env.POWERTOOLS_METRICS_NAMESPACE || 'Millrace', " },
  { option: 'tracer', made: 'Tracer', more: '' },
] as const

/** A part that a project uses. */
export type PowertoolsPart = (typeof parts)[number]

/** The package of a part. */
export const packageOfPart = ({ option }: PowertoolsPart): string => `@aws-lambda-powertools/${option}`

/**
 * The parts that the project of a pipeline's file names in its package.json, among dependencies of any kind. A copy that some other package
 * has brought along changes no function.
 */
export function powertoolsOf(file: string): readonly PowertoolsPart[] {
  const manifest = manifestIn(projectFolder(file))
  const named = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].flatMap(kind =>
    Object.keys((manifest[kind] as object | undefined) ?? {}),
  )
  return parts.filter(part => named.includes(packageOfPart(part)))
}

function manifestIn(folder: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}

/** Their imports, as lines of a module. */
export const powertoolsImports = (used: readonly PowertoolsPart[]): string =>
  used.map(part => `import { ${part.made} } from '${packageOfPart(part)}'\n`).join('')

/** The handler's options with them, each as code, where `serviceName` is one. */
export const powertoolsOptions = (used: readonly PowertoolsPart[]): readonly string[] =>
  used.map(({ option, made, more }) => `${option}: new ${made}({ ${more}serviceName })`)
