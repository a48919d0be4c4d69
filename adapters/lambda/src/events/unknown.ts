import { EtlError } from '@millrace/etl-core'

/** An event that no run can be made of. Its values are not told: they may be secrets. */
export function notUnderstood(pipeline: string, what: string, event: unknown): EtlError {
  const fields = isObject(event) ? Object.keys(event).slice(0, 20) : []
  return new EtlError('ETL_EVENT_UNKNOWN', `Pipeline "${pipeline}" cannot be started by ${what}.`, {
    retry: 'never',
    context: { fields },
  })
}

/** The error for an event whose parameters only the pipeline can tell, and does not. */
export const noTrigger = (pipeline: string, what: string, trigger: string, event: unknown): EtlError =>
  notUnderstood(pipeline, `${what}: it declares no \`triggers.${trigger}\`, which would make parameters of it`, event)

/** An object with fields, as JSON has them. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A field that should be text. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
