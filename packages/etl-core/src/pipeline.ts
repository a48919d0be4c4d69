import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Connect, connectWith } from './connect.js'
import type { Connector } from './connector.js'
import { ConfigError } from './errors.js'
import type { Follower } from './follower.js'
import type { Guarantee } from './guarantee.js'
import type { RunReport } from './report.js'
import type { Runnable } from './runnable.js'
import type { Triggers } from './triggers.js'

/** A pipeline's parts, as its author writes them. */
export interface PipelineDefinition<S extends StandardSchemaV1> {
  /** `[A-Za-z0-9._-]{1,80}`: names its state. */
  readonly name: string
  /** Changed when the same parameters must give other content: bookmarks of another version are set aside. Default `1`. */
  readonly version?: string
  /** One line for `millrace list` and `--help`. */
  readonly description?: string
  /** One schema for the parameters: flags and help, a Lambda event's validation, the docs. Default: none are taken. */
  readonly params?: S
  /** Parameters that do not decide which records arrive (an address, a place): they neither set bookmarks aside nor abandon a load. */
  readonly volatile?: readonly (keyof StandardSchemaV1.InferInput<S> & string)[]
  /**
   * Parameters that shape a load but not what is in its groups: which groups, in pages of what size. Another value abandons an unfinished
   * load and leaves bookmarks as they are.
   */
  readonly loadOnly?: readonly (keyof StandardSchemaV1.InferInput<S> & string)[]
  /** What may stand before the colon of a place. */
  readonly connectors?: readonly Connector[]
  /** The parameters of a run that an event starts, by the kind of event. Whoever takes events, as a Lambda does, asks here. */
  readonly triggers?: Triggers<StandardSchemaV1.InferInput<S>>
  /**
   * `allow`: loads of different triggers (`loadId`) may run at the same time, each with an owner of its own. Only for sinks that merge by
   * key or keep the cursor in their transaction. Default: one load at a time.
   */
  readonly overlap?: 'allow'
  /** What must be promised: a source and sink that together give less are refused before anything is read. */
  readonly delivery?: Guarantee['delivery']
  /**
   * What runs after a load that has ended, as succeeded or failed: other pipelines, also those that send a mail or an event. Asked once
   * the load's groups are settled, and again after a crash: the same report must give the same followers. Each is started once per load
   * in effect, as its `loadId` derives from this load's. In the same process, unless whoever runs it says otherwise (`startNext`).
   */
  readonly next?: (report: RunReport) => readonly Follower[]
  /** For `--help`: flags and what they do. */
  readonly examples?: readonly { readonly flags: string; readonly does: string }[]
  /** Wires source, steps and sink. Synchronous and without I/O; throws ConfigError. */
  build(parts: { readonly params: StandardSchemaV1.InferOutput<S>; readonly connect: Connect }): Runnable
}

/** A pipeline as {@link definePipeline} returns it: what `run`, the command and the Lambda take. */
export interface Pipeline<S extends StandardSchemaV1 = StandardSchemaV1> {
  readonly name: string
  readonly version: string
  readonly description: string | undefined
  readonly params: S | undefined
  readonly volatile: readonly string[]
  readonly loadOnly: readonly string[]
  readonly connectors: readonly Connector[]
  readonly triggers: Triggers<unknown>
  readonly delivery: Guarantee['delivery'] | undefined
  readonly overlap: 'allow' | undefined
  readonly next: ((report: RunReport) => readonly Follower[]) | undefined
  readonly examples: readonly { readonly flags: string; readonly does: string }[]
  /**
   * @param params - Already validated.
   * @param cwd - What relative places are relative to. Default: the process's working directory.
   */
  build(params: StandardSchemaV1.InferOutput<S>, cwd?: string): Runnable
  /** Present at compile time only: the parameters as a caller gives them. */
  readonly '~input'?: StandardSchemaV1.InferInput<S>
}

const brand = Symbol.for('millrace.pipeline')

/** The schema of a pipeline without parameters. */
export type NoParams = StandardSchemaV1<Record<string, never>, Record<string, never>>

/**
 * Defines a pipeline: its name, its parameters and how its parts are wired. The same value is a library call, a command and a Lambda.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for a name that cannot name state, or two connectors of one scheme.
 * @example
 * export default definePipeline({
 *   name: 'population',
 *   connectors: [folder],
 *   params: z.object({ to: z.string().default('file:./out') }),
 *   build: ({ params, connect }) => from(source).into(connect.objects(params.to, { path: '{group}.csv', format: csv() })),
 * })
 */
export function definePipeline<S extends StandardSchemaV1 = NoParams>(definition: PipelineDefinition<S>): Pipeline<S> {
  const connectors = definition.connectors ?? []
  const problems = [
    ...(/^(?!(\.{1,2}|tmp|owners)$)[A-Za-z0-9._-]{1,80}$/.test(definition.name)
      ? []
      : [`the name "${definition.name}" must match [A-Za-z0-9._-]{1,80} and not be "tmp" or "owners"`]),
    ...(definition.params === undefined || isSchema(definition.params)
      ? []
      : ['params must be a Standard Schema, such as z.object({})']),
    ...repeated(connectors.map(each => each.scheme)).map(scheme => `two connectors open "${scheme}:"`),
  ]
  if (problems.length > 0) throw new ConfigError('ETL_CONFIG_INVALID', `Pipeline "${definition.name}": ${problems.join('; ')}.`)
  const pipeline: Pipeline<S> = {
    name: definition.name,
    version: definition.version ?? '1',
    description: definition.description,
    params: definition.params,
    volatile: definition.volatile ?? [],
    loadOnly: definition.loadOnly ?? [],
    connectors,
    triggers: definition.triggers ?? {},
    delivery: definition.delivery,
    overlap: definition.overlap,
    next: definition.next,
    examples: definition.examples ?? [],
    build: (params, cwd) => checkedRunnable(definition.build({ params, connect: connectWith(connectors, cwd) }), definition.name),
  }
  Object.defineProperty(pipeline, brand, { value: true })
  return Object.freeze(pipeline)
}

/** True for a pipeline made by any copy of Millrace. */
export function isPipeline(value: unknown): value is Pipeline {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true
}

function isSchema(value: unknown): boolean {
  return typeof (value as Partial<StandardSchemaV1> | null)?.['~standard']?.validate === 'function'
}

/** The commonest slip is a flow that was not ended: the types say so, and the command checks none. */
function checkedRunnable(built: Runnable, pipeline: string): Runnable {
  if (typeof built?.runSplit === 'function') return built
  throw new ConfigError('ETL_CONFIG_INVALID', `Pipeline "${pipeline}": build must return a flow that ends in .into(sink).`)
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))]
}
