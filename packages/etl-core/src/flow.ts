import type { StandardSchemaV1 } from '@standard-schema/spec'
import { ConfigError } from './errors.js'
import { type FlowRunnable, flowRunnable } from './flow-runnable.js'
import { type MoveOptions, moveRunnable } from './move-runnable.js'
import type { Sink } from './sink.js'
import type { Source } from './source.js'
import { type Cast, type CastOutput, castStep } from './steps/cast.js'
import { type CustomStep, eachAsyncStep, filterStep, flatMapStep, mapStep, throughStep } from './steps/row.js'
import { deriveStep, omitStep, renameStep, selectStep } from './steps/shape.js'
import type { Step, StepContext } from './steps/step.js'
import { type ValidateOptions, validateStep } from './steps/validate.js'

/** An intersection as one flat object type, so that editors show fields instead of the steps they came through. */
export type Flat<T> = { [K in keyof T]: T[K] } & {}

/** `T` with the fields of `M` renamed. */
export type Renamed<T, M> = Flat<{
  [K in keyof T as K extends keyof M ? (M[K] extends PropertyKey ? M[K] : K) : K]: T[K]
}>

/** What a synchronous function may return: anything but a promise. */
export type AtOnce<U> = U extends PromiseLike<unknown> ? never : U

/** What a flow is made of so far. */
export interface FlowParts {
  readonly source: Source<unknown>
  readonly steps: readonly Step[]
  readonly schema: StandardSchemaV1 | undefined
}

/**
 * A source and the steps behind it. Immutable: every step returns a new flow whose record type is that of the records so far.
 *
 * Steps see plain records. `derive` and `filter` callbacks may read fields and return values; they must not keep the record: a later
 * version hands them a view that is reused.
 */
export class Flow<T> {
  readonly #parts: FlowParts

  /** @internal Use {@link from}. */
  constructor(parts: FlowParts) {
    this.#parts = Object.freeze(parts)
    Object.freeze(this)
  }

  /** One record becomes one other. Asynchronous functions go into `eachAsync`. */
  map<U>(make: (record: T, ctx: StepContext) => AtOnce<U>): Flow<U> {
    return this.#then(mapStep(make))
  }

  /** One record becomes none, one or several. If one of them is rejected later, the record is rejected whole. */
  flatMap<U>(make: (record: T, ctx: StepContext) => Iterable<U>): Flow<U> {
    return this.#then(flatMapStep(make))
  }

  /**
   * Keeps the records for which `keep` is true. The others are counted as dropped. The record is lent for the call: a source that reads
   * late (CSV) hands over a view of it, and one that is kept and read later throws. `{ ...record }` is a copy.
   */
  filter<U extends T>(keep: (record: T, ctx: StepContext) => record is U): Flow<U>
  filter(keep: (record: T, ctx: StepContext) => boolean): Flow<T>
  filter(keep: (record: T, ctx: StepContext) => boolean): Flow<T> {
    return this.#then(filterStep(keep))
  }

  /** Keeps only these fields, in this order. */
  select<K extends keyof T & string>(...fields: readonly K[]): Flow<Flat<Pick<T, K>>> {
    return this.#then(selectStep(fields))
  }

  /** Leaves these fields out. */
  omit<K extends keyof T & string>(...fields: readonly K[]): Flow<Flat<Omit<T, K>>> {
    return this.#then(omitStep(fields))
  }

  /** Renames fields: `rename({ old: 'new' })`. */
  rename<const M extends { readonly [K in keyof T & string]?: string } & { readonly [K in Exclude<keyof M, keyof T>]: never }>(
    names: M,
  ): Flow<Renamed<T, M>> {
    return this.#then(renameStep(names as unknown as Readonly<Record<string, string>>))
  }

  /** Converts fields, by name (`'int32'`) or by any Standard Schema. A value that does not fit rejects the record. */
  cast<const C extends { readonly [K in keyof T & string]?: Cast } & { readonly [K in Exclude<keyof C, keyof T>]: never }>(
    casts: C,
  ): Flow<Flat<{ [K in keyof T]: K extends keyof C ? CastOutput<C[K]> : T[K] }>> {
    return this.#then(castStep(casts as unknown as Readonly<Record<string, Cast>>))
  }

  /** Adds or replaces fields, each computed from the record as it came in. The record is lent for the call, as for `filter`. */
  derive<D extends Readonly<Record<string, (record: T) => unknown>>>(
    fields: D,
  ): Flow<Flat<Omit<T, keyof D> & { -readonly [K in keyof D]: ReturnType<D[K]> }>> {
    return this.#then(deriveStep(fields))
  }

  /** Checks records against a schema; what does not fit is kept as a reject. Sinks take their columns from the last `validate`. */
  validate<S extends StandardSchemaV1>(
    schema: S,
    options: ValidateOptions<T> & { readonly keep: 'input'; readonly unknownFields: 'keep' },
  ): Flow<T>
  validate<S extends StandardSchemaV1>(
    schema: S,
    options: ValidateOptions<T> & { readonly keep: 'input' },
  ): Flow<Flat<Pick<T, keyof T & keyof StandardSchemaV1.InferOutput<S>>>>
  validate<S extends StandardSchemaV1>(schema: S, options?: ValidateOptions<T>): Flow<StandardSchemaV1.InferOutput<S>>
  validate<S extends StandardSchemaV1>(schema: S, options: ValidateOptions<T> = {}): Flow<StandardSchemaV1.InferOutput<S>> {
    return this.#then(validateStep(schema, options), options.keep === 'input' ? undefined : schema)
  }

  /** One asynchronous call per record, `concurrency` (default 8) at once, order kept. Costs far more than a synchronous step. */
  eachAsync<U>(make: (record: T, ctx: StepContext) => Promise<U>, options: { readonly concurrency?: number } = {}): Flow<U> {
    return this.#then(eachAsyncStep(make, options.concurrency ?? 8))
  }

  /** A step of your own that works on whole batches. */
  through<U>(step: CustomStep<T, U>): Flow<U> {
    return this.#then(throughStep(step as unknown as CustomStep<never, unknown>))
  }

  /** Ends the flow in a sink. A flow has one sink. */
  into(sink: Sink<T>): FlowRunnable {
    return flowRunnable(this.#parts, checkedSink(sink, 'into'))
  }

  /** @internal Use `move`. */
  movedInto(sink: Sink<T>, options: MoveOptions): FlowRunnable {
    return moveRunnable(this.#parts, checkedSink(sink, 'move'), options)
  }

  #then<U>(step: Step, schema?: StandardSchemaV1): Flow<U> {
    const kept = step.keepsShape ? this.#parts.schema : undefined
    return new Flow<U>({ ...this.#parts, steps: [...this.#parts.steps, step], schema: schema ?? kept })
  }
}

/** The types say what a sink is; a command checks none. */
function checkedSink(sink: unknown, by: string): Sink<unknown> {
  const { open, capabilities } = (sink ?? {}) as Partial<Sink<unknown>>
  if (typeof open === 'function' && typeof capabilities?.disposition === 'string') return sink as Sink<unknown>
  throw new ConfigError('ETL_CONFIG_INVALID', `${by}() takes a sink: an object with name, capabilities and open.`)
}

/**
 * Begins a flow at a source.
 *
 * @example
 * from(orders).filter(order => order.amount > 0).derive({ cents: order => order.amount * 100 }).into(sink)
 */
export function from<T>(source: Source<T>): Flow<T> {
  const { plan, read, capabilities } = (source ?? {}) as Partial<Source<T>>
  if (typeof plan !== 'function' || typeof read !== 'function' || typeof capabilities?.rereads !== 'string') {
    throw new ConfigError('ETL_CONFIG_INVALID', 'from() takes a source: an object with name, capabilities, plan and read.')
  }
  return new Flow<T>({ source, steps: [], schema: undefined })
}
