import type { StandardSchemaV1 } from '@standard-schema/spec'
import { loadedOnce } from '../loaded-once.js'
import type { Issue, Reject } from '../reject.js'
import type { Sink } from '../sink.js'
import { stepLoadedLater } from './later.js'
import type { Step } from './step.js'

const checks = loadedOnce(() => import('./check-rows.js'))

/** What to do with records and fields that do not fit. */
export interface ValidateOptions<T> {
  /** `reject` (default) keeps the record with its reason, `fail` fails the split at the first one, `drop` leaves it out and counts it. */
  readonly onInvalid?: 'reject' | 'fail' | 'drop'
  /**
   * Where copies of this step's rejects go, to be looked at elsewhere: `connect.objects('s3://bad', { path: '{group}.ndjson', format: ndjson() })`.
   * They arrive with their group, exactly once where the sink can. The reject store has them all the same, and replays from there.
   */
  readonly rejectsTo?: Sink<Reject>
  /** One line to count rejects by. Default: the first issue's field and message. */
  readonly reason?: (issues: readonly Issue[], record: T) => string
  /** `output` (default): what the schema made of the record. `input`: the record as it came, its text untouched. */
  readonly keep?: 'output' | 'input'
  /** Fields the schema does not give back: `drop` (default) them, `keep` them beside the output, or `reject` the record. */
  readonly unknownFields?: 'drop' | 'keep' | 'reject'
}

/** Checks records against any Standard Schema. */
export function validateStep(schema: StandardSchemaV1, options: ValidateOptions<never> = {}): Step {
  const { rejectsTo } = options
  return stepLoadedLater({ name: 'validate', keepsShape: false, ...(rejectsTo === undefined ? {} : { rejectsTo }) }, async () => {
    const { checkStep } = await checks()
    return checkStep(schema, options as ValidateOptions<unknown>)
  })
}
