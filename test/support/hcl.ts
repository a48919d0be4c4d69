import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from '@cdktn/hcl2json'

/** A call of another module: its source and the arguments it gives. */
export interface Call {
  readonly source: string
  readonly given: readonly string[]
}

/** A variable as it is declared. */
export interface Variable {
  readonly type?: unknown
  readonly description?: string
  readonly default?: unknown
  readonly validation?: unknown
}

/** What the files of one folder declare and refer to. */
export interface TerraformModule {
  readonly variables: ReadonlyMap<string, Variable>
  readonly outputs: ReadonlyMap<string, { readonly description?: string }>
  readonly calls: ReadonlyMap<string, Call>
  readonly locals: readonly string[]
  /** `aws_iam_role.this`, `data.aws_region.current` */
  readonly resources: readonly string[]
  /** `var.name`, `local.name`, `module.name.output`, `aws_x.name`, `data.aws_x.name`, as expressions refer to them. */
  readonly references: ReadonlySet<string>
  /** What versions of Terraform and of the provider it takes. */
  readonly versions: { readonly terraform?: string; readonly aws?: string }
}

type Block = Readonly<Record<string, unknown>>
type Named<T> = Readonly<Record<string, readonly T[]>>

interface Parsed {
  readonly variable?: Named<Variable>
  readonly output?: Named<{ readonly description?: string }>
  readonly module?: Named<Block>
  readonly locals?: readonly Block[]
  readonly resource?: Readonly<Record<string, Named<Block>>>
  readonly data?: Readonly<Record<string, Named<Block>>>
  readonly terraform?: readonly {
    readonly required_version?: string
    readonly required_providers?: readonly Readonly<Record<string, { readonly version?: string }>>[]
  }[]
}

/** Arguments that Terraform itself reads. */
const ofTerraform = ['source', 'version', 'count', 'for_each', 'providers', 'depends_on']

/** The `.tf` files of a folder, by name. */
export const filesIn = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder)
      .filter(name => name.endsWith('.tf'))
      .sort()
      .map(name => [name, readFileSync(join(folder, name), 'utf8')]),
  )

/** @throws Error of the parser, with file and line, for text that is no HCL. */
export async function moduleOf(files: ReadonlyMap<string, string>): Promise<TerraformModule> {
  const parsed = await Promise.all([...files].map(async ([name, text]) => (await parse(name, text)) as Parsed))
  const blocks = <T>(named: (one: Parsed) => Named<T> | undefined): [string, T][] =>
    parsed.flatMap(one => Object.entries(named(one) ?? {}).map(([name, [block]]): [string, T] => [name, block as T]))
  const addresses = (kind: 'resource' | 'data', prefix: string) =>
    parsed.flatMap(one =>
      Object.entries(one[kind] ?? {}).flatMap(([type, named]) => Object.keys(named).map(name => `${prefix}${type}.${name}`)),
    )
  const call = (block: Block): Call => ({
    source: String(block.source),
    given: Object.keys(block).filter(name => !ofTerraform.includes(name)),
  })
  const settings = parsed.flatMap(one => one.terraform ?? [])
  const terraform = settings.find(({ required_version }) => required_version)?.required_version
  const aws = settings.flatMap(({ required_providers }) => required_providers ?? []).find(one => one.aws)?.aws?.version
  return {
    variables: new Map(blocks(one => one.variable)),
    outputs: new Map(blocks(one => one.output)),
    calls: new Map(blocks(one => one.module).map(([name, block]) => [name, call(block)])),
    locals: parsed.flatMap(one => (one.locals ?? []).flatMap(block => Object.keys(block))),
    resources: [...addresses('resource', ''), ...addresses('data', 'data.')],
    references: new Set(parsed.flatMap(one => referencesIn(withoutOwnChecks(one)))),
    versions: { ...(terraform === undefined ? {} : { terraform }), ...(aws === undefined ? {} : { aws }) },
  }
}

/** A variable that only its own validation reads is not used. */
const withoutOwnChecks = ({ variable: _, ...rest }: Parsed): Parsed => rest

/** Names in all expressions of a parsed file; text without an expression has none. */
function referencesIn(value: unknown): string[] {
  if (typeof value === 'string') return value.includes('${') ? namesIn(value) : []
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(referencesIn)
  return []
}

const namesIn = (expression: string): string[] =>
  [
    ...expression.matchAll(
      /(?<![\w."-])(?:(var|local)\.(\w+)|module\.([\w-]+)(?:\[[^\]]*\])?\.(\w+)|(data\.)?(aws_\w+)\.([\w-]+))/g,
    ),
  ].map(([, kind, name, module, output, data = '', type, resource]) => {
    if (kind) return `${kind}.${name}`
    return module ? `module.${module}.${output}` : `${data}${type}.${resource}`
  })

/**
 * What does not fit in a module, each as a sentence: names that nobody declares, declarations that nobody uses, calls that lack an argument or
 * have one too many.
 *
 * @param called - Gives the module at a call's source.
 */
export function misfitsOf(module: TerraformModule, called: (source: string) => TerraformModule): string[] {
  const { variables, outputs, calls, locals, resources, references } = module
  const declared = new Set([
    ...[...variables.keys()].map(name => `var.${name}`),
    ...locals.map(name => `local.${name}`),
    ...resources,
  ])
  const undeclared = [...references].flatMap(name => {
    const [, call, output] = /^module\.([^.]+)\.(.+)$/.exec(name) ?? []
    if (call === undefined || output === undefined) return declared.has(name) ? [] : [`${name} is not declared`]
    const source = calls.get(call)?.source
    if (source === undefined) return [`module.${call} is not called`]
    return called(source).outputs.has(output) ? [] : [`module.${call} has no output ${output}`]
  })
  const unused = [...declared].filter(name => /^(var|local|data)\./.test(name) && !references.has(name))
  const wrongCalls = [...calls].flatMap(([name, { source, given }]) => {
    const wanted = called(source).variables
    const missing = [...wanted].filter(([key, variable]) => !('default' in variable) && !given.includes(key))
    return [
      ...missing.map(([key]) => `module.${name} is not given ${key}`),
      ...given.filter(key => !wanted.has(key)).map(key => `module.${name} is given ${key}, which it does not take`),
    ]
  })
  const silent = [
    ...[...variables].flatMap(([name, { description, type }]) =>
      description && type ? [] : [`var.${name} has no description or type`],
    ),
    ...[...outputs].flatMap(([name, { description }]) => (description ? [] : [`output ${name} has no description`])),
  ]
  // Terraform before 1.9 lets a validation read its own variable alone.
  const farReaching = [...variables].flatMap(([name, { validation }]) =>
    referencesIn(validation)
      .filter(read => read !== `var.${name}`)
      .map(read => `the validation of var.${name} reads ${read}`),
  )
  return [...undeclared, ...unused.map(name => `${name} is not used`), ...wrongCalls, ...silent, ...farReaching].sort()
}

/**
 * Actions that a module lets a role do. What stands in a policy with a principal is left out: it says who may come in (a trust, a bucket's
 * policy, a key's) and not what a role may do.
 */
export function actionsIn(text: string): string[] {
  const code = text.replaceAll(/^\s*#.*$/gm, '')
  const actions = [...code.matchAll(/"((?!aws:)[a-z0-9-]+:(?:\*|[A-Z][A-Za-z]*\*?))"/g)]
  return [
    ...new Set(
      actions.filter(({ index }) => !/\bPrincipal\s*=/.test(objectAround(code, index))).map(([, action]) => action as string),
    ),
  ].sort()
}

/** The innermost `{…}` that a place stands in. */
function objectAround(text: string, index: number): string {
  let depth = 0
  let start = index
  while (start > 0 && depth >= 0)
    if (text[--start] === '}') depth++
    else if (text[start] === '{') depth--
  let end = start + 1
  for (depth = 1; depth > 0 && end < text.length; end++) depth += text[end] === '{' ? 1 : text[end] === '}' ? -1 : 0
  return text.slice(start, end)
}
