import type { StandardSchemaV1 } from '@standard-schema/spec'
import { notSure, type QuickCheck, quickCheck } from '../check/quick-check.js'
import { viewCheck } from '../check/view-check.js'
import { RecordError } from '../errors.js'
import type { Json } from '../json.js'
import { type Issue, reasonOf } from '../reject.js'
import type { Column } from '../views/late-columns.js'
import { recordsIn } from '../views/open-block.js'
import { issueFromStandard } from './issues.js'
import { putField, type Step, type StepRows, type StepRun, stepFailed, withFields } from './step.js'
import type { ValidateOptions } from './validate.js'

/** Checks records against any Standard Schema; those of zod by code that is made of them, where that can tell that a record is right. */
export function checkStep(schema: StandardSchemaV1, options: ValidateOptions<unknown>): Step {
  const finish = finisher(options)
  const quick: QuickCheck = quickCheck(schema) ?? (() => notSure)
  const invalid = invalidRows(options)
  return {
    name: 'validate',
    keepsShape: false,
    async apply(set, run, stage): Promise<StepRows> {
      const rows: unknown[] = []
      const origin: number[] = []
      let dropped = 0
      for (let index = 0; index < set.rows.length; index++) {
        const row = set.rows[index]
        const from = set.origin[index] as number
        const output = quick(row)
        const answer = output === notSure ? schema['~standard'].validate(row) : { value: output }
        const result = finish(row, answer instanceof Promise ? await answer : answer)
        if (!('issues' in result)) {
          rows.push(result.row)
          origin.push(from)
        } else if (invalid(row, from, result.issues, run, stage) === 'dropped') dropped++
      }
      run.drop(dropped)
      return { rows, origin }
    },
    onViews(columns, context) {
      const check = viewCheck(schema, columns, context)
      const behind = check && columnsBehind(columns, check.columns, options)
      if (!check || !behind) return undefined
      const { block } = context
      const recordOf = recordsIn(columns)
      return {
        columns: behind,
        run(_, run, stage) {
          const { rows, count } = block
          let left = 0
          let dropped = 0
          let stoppedAt: number | undefined
          for (let index = 0; index < count; index++) {
            const row = rows[index] as number
            if (check.passes(row)) {
              rows[left++] = row
              continue
            }
            const record = recordOf(block, row)
            const answer = schema['~standard'].validate(record)
            // What the schema takes all the same, or has to wait for, has an output that columns may not hold.
            if (answer instanceof Promise || !answer.issues) {
              if (answer instanceof Promise) answer.catch(() => undefined)
              stoppedAt = index
              break
            }
            const issues = answer.issues.map(issue => issueFromStandard(issue))
            if (invalid(record, row, issues, run, stage) === 'dropped') dropped++
          }
          block.count = left
          run.drop(dropped)
          return stoppedAt
        },
      }
    },
  }
}

/** What becomes of records that do not fit. */
function invalidRows(options: ValidateOptions<unknown>) {
  return (row: unknown, from: number, issues: readonly Issue[], run: StepRun, stage: string): 'dropped' | 'rejected' => {
    if (options.onInvalid === 'drop') return 'dropped'
    if (options.onInvalid === 'fail') throw refused(issues, run.positionOf(from), stage)
    try {
      run.reject(from, stage, issues, options.reason?.(issues, row))
    } catch (error) {
      throw stepFailed(error, run.positionOf(from), stage)
    }
    return 'rejected'
  }
}

/** The columns of what `keep` and `unknownFields` ask for. `undefined`: no record can pass as it is. */
function columnsBehind(
  before: readonly Column[],
  output: readonly Column[],
  { keep = 'output', unknownFields = 'drop' }: ValidateOptions<unknown>,
): readonly Column[] | undefined {
  const named = new Set(output.map(({ name }) => name))
  const unknown = before.filter(({ name }) => !named.has(name))
  if (unknownFields === 'reject' && unknown.length > 0) return undefined
  if (keep === 'input') return unknownFields === 'drop' ? before.filter(({ name }) => named.has(name)) : before
  return unknownFields === 'keep' ? [...output, ...unknown] : output
}

type Finished = { readonly row: unknown } | { readonly issues: readonly Issue[] }

function finisher(options: ValidateOptions<unknown>): (row: unknown, result: StandardSchemaV1.Result<unknown>) => Finished {
  const { keep = 'output', unknownFields = 'drop' } = options
  return (row, result) => {
    if (result.issues) return { issues: result.issues.map(issue => issueFromStandard(issue)) }
    const unknown = unknownFields === 'drop' ? [] : fieldsMissingFrom(result.value, row)
    if (unknownFields === 'reject' && unknown.length > 0) {
      return { issues: unknown.map(field => ({ code: 'ETL_RECORD_INVALID', message: 'unknown field', path: [field] })) }
    }
    if (keep === 'input') return { row: unknownFields === 'drop' ? onlyFieldsOf(row, result.value) : row }
    if (unknown.length === 0) return { row: result.value }
    const kept: Record<string, unknown> = {}
    for (const field of unknown) putField(kept, field, (row as Record<string, unknown>)[field])
    return { row: withFields(result.value, kept) }
  }
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function fieldsMissingFrom(output: unknown, input: unknown): string[] {
  if (!isFields(output) || !isFields(input)) return []
  return Object.keys(input).filter(field => !Object.hasOwn(output, field))
}

function onlyFieldsOf(input: unknown, output: unknown): unknown {
  if (!isFields(output) || !isFields(input)) return input
  if (Object.keys(input).every(field => Object.hasOwn(output, field))) return input
  return Object.fromEntries(Object.entries(input).filter(([field]) => Object.hasOwn(output, field)))
}

function refused(issues: readonly Issue[], position: Json, stage: string): RecordError {
  const message = `Step ${stage} stops at the first invalid record, ${JSON.stringify(position)}: ${reasonOf(issues)}`
  return new RecordError('ETL_RECORD_INVALID', message, { context: { stage, position } })
}
