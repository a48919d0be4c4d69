import type { Pipeline } from '@millrace/etl-core'
import type { AddonNeed } from '../bundle/native-addons.js'
import type { PackageWeight } from '../bundle/weights.js'
import { shownPath } from '../load/shown-path.js'
import { bytes, printable } from './units.js'

/** What was made, as `bundle --json` prints it. Sizes in bytes. */
export interface Bundled {
  readonly pipeline: string
  /** The zip. */
  readonly file: string
  /** As Lambda's setting wants it. */
  readonly handler: string
  /** The pipeline's file exports it; else it is `lambdaHandler(pipeline)`, with Powertools where the project names them. */
  readonly ownHandler: boolean
  /** Schemes of the places that it opens. */
  readonly connectors: readonly string[]
  readonly leftOut: readonly string[]
  /** Packages of AWS Lambda Powertools that the handler uses: those that the project names. */
  readonly powertools: readonly string[]
  /** How the handler hands on: `self`, or a queue's address. null: not by itself. */
  readonly handOn: string | null
  readonly zippedBytes: number
  readonly codeBytes: number
  readonly sourceMapBytes: number
  /** Of the zip, in base64, as Lambda shows it (CodeSha256) and Terraform compares it (source_code_hash). */
  readonly sha256: string
  /** What each package adds to the code, the heaviest first; sums up to `codeBytes`. */
  readonly packages: readonly PackageWeight[]
  readonly warnings: readonly string[]
}

/** What was made, for people. */
export function bundledText(made: Bundled, cwd: string): string {
  const { file, zippedBytes, codeBytes, sourceMapBytes, packages } = made
  const { handler, ownHandler, connectors, leftOut, powertools, handOn } = made
  const schemes = (list: readonly string[]) => (list.length === 0 ? 'none' : list.map(scheme => `${scheme}:`).join(', '))
  const rows = packages.map(
    ({ name, bytes: size }) =>
      `  ${bytes(size).padStart(7)}  ${`${((size / codeBytes) * 100).toFixed(1)} %`.padStart(6)}  ${name}`,
  )
  const lines = [
    `${shownPath(file, cwd)}  ${bytes(zippedBytes)} zipped: ${bytes(codeBytes)} of code, ${bytes(sourceMapBytes)} of source maps`,
    '',
    'The code is made of:',
    ...rows,
    '',
    `handler     ${handler}${ownHandler ? ', which the pipeline’s file exports' : ''}, Node.js 20 or newer`,
    `connectors  ${schemes(connectors)}${leftOut.length === 0 ? '' : `; left out: ${schemes(leftOut)}`}`,
    ...(handOn === null ? [] : [`hand on     ${handOn === 'self' ? 'by an invocation of itself' : `by messages in ${handOn}`}`]),
    ...(powertools.length === 0 ? [] : [`powertools  ${powertools.map(name => name.split('/').at(-1)).join(', ')}`]),
  ]
  return `${lines.map(line => printable(line)).join('\n')}\n`
}

/** What to do about compiled code, which the bundle asks for and does not have. */
export function addonWarning({ package: name, through }: AddonNeed, { connectors }: Pick<Pipeline, 'connectors'>): string {
  const [first] = through
  const way = first === undefined || first === name ? '' : `, which ${first} needs,`
  const others = connectors.length > 1 ? `bundle without its connector (--connectors, some of ${schemesOf(connectors)}), or ` : ''
  return (
    `${name}${way} has native code (*.node), made for one platform, and no bundle can hold that. The function fails where it is used: ${others}` +
    `give the function a layer with nodejs/node_modules/${name}, from: npm install --os=linux --cpu=x64 --libc=glibc ${name} (arm64 where the function is).`
  )
}

const schemesOf = (connectors: Pipeline['connectors']): string => connectors.map(({ scheme }) => scheme).join(',')
