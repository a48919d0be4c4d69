import type { LambdaContext } from './invocation.js'

/**
 * Where a handler's lines go: the `Logger` of `@aws-lambda-powertools/logger` (version 2), or what has these methods. Only what is called is
 * named, so that nothing of Powertools is needed where it is not used.
 */
export interface RunLogger {
  /** Once for each invocation: request id, function, cold start. */
  addContext(context: LambdaContext): void
  /** Once for each invocation, where there is sampling. */
  refreshSampleRateCalculation?(): void
  /** Fields are to stand at the top of the line. */
  info(message: string, fields: { readonly [name: string]: unknown }): void
  warn(message: string, fields: { readonly [name: string]: unknown }): void
  error(message: string, fields: { readonly [name: string]: unknown }): void
}

/** Where a handler's numbers go: the `Metrics` of `@aws-lambda-powertools/metrics` (version 2), or what has these methods. */
export interface RunMetrics {
  addDimension(name: string, value: string): unknown
  addMetric(name: string, unit: 'Count' | 'Bytes' | 'Milliseconds', value: number): unknown
  hasStoredMetrics(): boolean
  publishStoredMetrics(): unknown
}

/** What traces a handler's runs: the `Tracer` of `@aws-lambda-powertools/tracer` (version 2), or what has these methods. */
export interface RunTracer {
  isTracingEnabled(): boolean
  addErrorAsMetadata(error: Error): void
  addServiceNameAnnotation(): void
  readonly provider: {
    /** Makes a subsegment, which `traced` closes, and runs `traced` within it; without one where the invocation has no trace. */
    captureAsyncFunc(name: string, traced: (subsegment?: RunSubsegment) => unknown): unknown
  }
}

/** A part of a trace. */
export interface RunSubsegment {
  addAnnotation(key: string, value: string | number | boolean): void
  addNewSubsegment(name: string): RunSubsegment
  addErrorFlag(): void
  close(): void
}
