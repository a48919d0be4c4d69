import type { RunOptions, RunSettings } from '@millrace/etl-core'
import type { Given } from './parse.js'

/** The run flags, read. */
export interface RunFlagValues {
  readonly full: boolean
  readonly keepBookmarks?: boolean
  readonly concurrency?: number
  readonly memoryMiB?: number
  readonly waitMs?: number
  readonly leaseMs?: number
  readonly flushEvery?: RunSettings['flushEvery']
  readonly loadId?: string
  readonly deadlineMs?: number
  readonly maxRejects?: NonNullable<RunSettings['maxRejects']>
}

/** Reads the run flags; what is wrong with them goes to `problems`, one line each. */
export function runFlagValues(given: Given, problems: string[]): RunFlagValues {
  const text = (flag: string) => given.texts.get(flag)?.at(-1)
  const number = (flag: string, what: string, fits: (value: number) => boolean): number | undefined => {
    const found = text(flag)
    if (found === undefined) return undefined
    const value = /^\d+(\.\d+)?$/.test(found) ? Number(found) : Number.NaN
    if (fits(value)) return value
    problems.push(`--${flag} takes ${what}.`)
    return undefined
  }
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 1
  const seconds = (value: number) => value >= 0 && value <= 31_536_000
  const waitSeconds = number('wait', 'seconds', seconds)
  const leaseSeconds = number('lease', 'seconds, more than 0', value => seconds(value) && value > 0)
  const saveSeconds = number('save-every', 'seconds, 0 for after every batch', seconds)
  const deadlineSeconds = number('deadline', 'seconds, more than 0', value => seconds(value) && value > 0)
  return {
    full: given.switches.get('full') === true,
    keepBookmarks: given.switches.get('keep-bookmarks') === true,
    ...defined('concurrency', number('concurrency', 'a whole number from 1 on', whole)),
    ...defined('memoryMiB', number('memory', 'a whole number of MiB from 1 on', whole)),
    ...defined('waitMs', waitSeconds === undefined ? undefined : waitSeconds * 1000),
    ...defined('leaseMs', leaseSeconds === undefined ? undefined : leaseSeconds * 1000),
    ...defined('flushEvery', saveSeconds === undefined ? undefined : { batches: 1_000, intervalMs: saveSeconds * 1000 }),
    ...defined('loadId', text('load-id')),
    ...defined('deadlineMs', deadlineSeconds === undefined ? undefined : deadlineSeconds * 1000),
    ...defined('maxRejects', maxRejects(text('max-rejects'), problems)),
  }
}

/** Run flags as options of a run that begins now. */
export function runOptions({ deadlineMs, ...options }: RunFlagValues): RunOptions {
  return { ...options, ...(deadlineMs === undefined ? {} : { deadlineAtMs: Date.now() + deadlineMs }) }
}

function maxRejects(text: string | undefined, problems: string[]): NonNullable<RunSettings['maxRejects']> | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  const share = /^(\d+(\.\d+)?)%$/.exec(text)?.[1]
  if (share !== undefined && Number(share) <= 100) return { share: Number(share) / 100 }
  problems.push('--max-rejects takes a count such as 10 or a share such as 0.5%.')
  return undefined
}

function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}
