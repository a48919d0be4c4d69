import type { PartAccess } from '@millrace/etl-core'
import type { Given } from '../flags/parse.js'
import { type At, inPartition } from './arns.js'
import { type Duty, duties, type FlagName, type Role, roles } from './duties.js'

/** What was asked for besides the pipeline. */
export interface Asked {
  readonly role: Role
  readonly at: At
  given(flag: FlagName): string | undefined
}

/** The command's own flags, read. What is wrong with them goes to `problems`. */
export function askedOf({ texts, switches }: Given, problems: string[] = []): Asked {
  const text = (name: string) => texts.get(`iam-${name}`)?.at(-1)
  const role = text('role') ?? 'function'
  const at: At = { region: text('region') ?? '*', account: text('account') ?? '*' }
  const given = (flag: FlagName) => text(flag) ?? (switches.get(`iam-${flag}`) ? 'true' : undefined)
  if (!Object.hasOwn(roles, role)) problems.push(`--iam-role is one of ${Object.keys(roles).join(', ')}.`)
  if (!/^(\*|\d{12})$/.test(at.account)) problems.push('--iam-account takes the 12 digits of an account.')
  if (text('connection') !== undefined && !text('connection')?.startsWith('arn:')) problems.push('--iam-connection takes an ARN.')
  const flags = flagsOf(role)
  if ((role === 'pipeline' || role === 'build') && !flags.some(flag => text(flag) !== undefined))
    problems.push(`--iam-role ${role} needs some of ${flags.map(flag => `--iam-${flag}`).join(', ')}.`)
  const handsOnToItself = text('hand-on') === 'self'
  if ((handsOnToItself || role === 'schedule' || role === 'deploy' || role === 'shift') && text('function') === undefined)
    problems.push(`${handsOnToItself ? '--iam-hand-on self' : `--iam-role ${role}`} needs --iam-function.`)
  for (const flag of [...texts.keys(), ...switches.keys()])
    if (flag.startsWith('iam-') && !isKnown(flag, role)) problems.push(`--${flag} says nothing of --iam-role ${role}.`)
  return { role: role as Role, at, given }
}

/** What a role has to be allowed besides running the pipeline. */
export function roleAccess({ role, at, given }: Asked): readonly PartAccess[] {
  return duties
    .filter(duty => duty.roles.includes(role) && isAsked(duty, given(duty.flag)))
    .map(({ what, actions, resources, condition, why }) => ({
      part: role,
      system: 'aws',
      what,
      actions,
      resources: resources(flag => given(flag) ?? '', at),
      ...(condition === undefined ? {} : { condition }),
      why,
    }))
}

/** The same where the partition is another one. */
export const placedAccess = (needed: readonly PartAccess[], at: At): readonly PartAccess[] =>
  needed.map(each =>
    each.system === 'aws' ? { ...each, resources: each.resources.map(resource => inPartition(resource, at)) } : each,
  )

/** The flags that say what a role works on. */
const flagsOf = (role: string): readonly FlagName[] => [
  ...new Set(duties.filter(({ roles }) => roles.some(each => each === role)).map(({ flag }) => flag)),
]

function isAsked(duty: Duty, value: string | undefined): boolean {
  if (value === undefined) return false
  const others = duties.filter(({ flag }) => flag === duty.flag).flatMap(each => each.value ?? [])
  return duty.value === undefined ? !others.includes(value) : duty.value === value
}

function isKnown(flag: string, role: string): boolean {
  if (['iam-role', 'iam-region', 'iam-account'].includes(flag)) return true
  return duties.some(duty => `iam-${duty.flag}` === flag && duty.roles.some(each => each === role))
}
