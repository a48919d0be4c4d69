import { canonicalJson, type Json, type PartAccess } from '@millrace/etl-core'
import { covers } from './wildcards.js'

/** A policy of IAM. */
export interface Policy {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

/** One statement of it. */
export interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: Json
}

/** A statement, and what it is for. */
export interface ReasonedStatement {
  readonly statement: Statement
  readonly reasons: readonly Reason[]
}

/** What a part of the pipeline needs something for. */
export interface Reason {
  /** `sink`, or `sink and state`. */
  readonly part: string
  readonly what: string
  readonly why: string
}

/** One action on one resource. */
interface Grant {
  readonly action: string
  readonly resource: string
  readonly condition: Condition | undefined
  readonly reasons: readonly Reason[]
}

type Condition = { readonly [operator: string]: { readonly [key: string]: string | readonly string[] } }

/**
 * The least statements that allow what is needed: what a wider pattern allows already is left out, what is allowed on the same resources is one
 * statement. The same needs give the same text.
 */
export function statementsOf(needed: readonly PartAccess[]): readonly ReasonedStatement[] {
  const grants = withoutCovered(joined(needed.filter(({ system }) => system === 'aws').flatMap(grantsOf)))
  const byResource = grouped(grants, ({ resource, condition }) => [resource, condition ?? null])
  const bySame = grouped(byResource, group => [actionsOf(group), group[0]?.condition ?? null])
  return named(bySame.map(groups => groups.flat()))
}

/** The policy of statements. */
export const policyOf = (statements: readonly ReasonedStatement[]): Policy => ({
  Version: '2012-10-17',
  Statement: statements.map(({ statement }) => statement),
})

function grantsOf({ part, what, why, actions, resources, condition }: PartAccess): readonly Grant[] {
  const reasons = [{ part, what, why }]
  return actions.flatMap(action =>
    resources.map(resource => ({ action, resource, condition: condition as Condition | undefined, reasons })),
  )
}

/** One action on one resource once: where conditions name one key each, either is enough, which is one condition with both lists. */
function joined(grants: readonly Grant[]): readonly Grant[] {
  return grouped(grants, ({ action, resource, condition }) => [action, resource, onlyKeyOf(condition) ?? condition ?? null]).map(
    same => {
      const [first] = same as [Grant]
      return { ...first, condition: eitherOf(same), reasons: same.flatMap(({ reasons }) => reasons) }
    },
  )
}

/** The operator and key of a condition that is a list of patterns for one key. */
function onlyKeyOf(condition: Condition | undefined): readonly [operator: string, key: string] | undefined {
  const [only, ...more] = Object.entries(condition ?? {}).flatMap(([operator, of]) =>
    Object.keys(of).map(key => [operator, key] as const),
  )
  return only && more.length === 0 && only[0] === 'StringLike' ? only : undefined
}

function eitherOf(grants: readonly Grant[]): Condition | undefined {
  const [first] = grants
  const of = onlyKeyOf(first?.condition)
  if (!of) return first?.condition
  const [operator, key] = of
  const values = grants.flatMap(({ condition }) => condition?.[operator]?.[key] ?? [])
  return { [operator]: { [key]: widest([...new Set(values)]).sort() } }
}

const widest = (patterns: readonly string[]): string[] =>
  patterns.filter((pattern, at) => !patterns.some((other, index) => index !== at && takesOver(other, index, pattern, at)))

/** Whether the pattern at one place makes that at another needless. Of two that cover each other, as `a*` and `a**` do, the first stays. */
const takesOver = (other: string, otherAt: number, pattern: string, at: number): boolean =>
  covers(other, pattern) && (otherAt < at || !covers(pattern, other))

/** What stays is what no other allows; the reasons of what goes are those of what covers it. */
function withoutCovered(grants: readonly Grant[]): readonly Grant[] {
  const covering = (grant: Grant, at: number) =>
    grants.find(
      (other, otherAt) =>
        other !== grant &&
        other.action === grant.action &&
        canonicalJson((other.condition ?? null) as Json) === canonicalJson((grant.condition ?? null) as Json) &&
        takesOver(other.resource, otherAt, grant.resource, at),
    )
  return grants
    .filter((grant, at) => !covering(grant, at))
    .map(grant => ({
      ...grant,
      reasons: [
        grant,
        ...grants.filter(other => other !== grant && other.action === grant.action && covers(grant.resource, other.resource)),
      ].flatMap(({ reasons }) => reasons),
    }))
}

const actionsOf = (grants: readonly Grant[]): string[] => [...new Set(grants.map(({ action }) => action))].sort()

/** Those of one key together, in the order of the first of each. */
function grouped<V>(values: readonly V[], keyOf: (value: V) => unknown): V[][] {
  const groups = new Map<string, V[]>()
  for (const value of values) {
    const key = canonicalJson(keyOf(value) as Json)
    const known = groups.get(key)
    if (known) known.push(value)
    else groups.set(key, [value])
  }
  return [...groups.values()]
}

function named(groups: readonly (readonly Grant[])[]): readonly ReasonedStatement[] {
  const taken = new Set<string>()
  return groups.map(grants => {
    const reasons = grouped(
      grants.flatMap(({ reasons }) => reasons),
      ({ what, why }) => [what, why],
    ).map(same => ({ ...(same[0] as Reason), part: [...new Set(same.map(({ part }) => part))].join(' and ') }))
    const { condition } = grants[0] as Grant
    const statement: Statement = {
      Sid: freeName(reasons, taken),
      Effect: 'Allow',
      Action: actionsOf(grants),
      Resource: [...new Set(grants.map(({ resource }) => resource))].sort(),
      ...(condition === undefined ? {} : { Condition: condition as Json }),
    }
    return { statement, reasons }
  })
}

/** Letters and digits are all that IAM takes; each once in a policy. */
function freeName(reasons: readonly Reason[], taken: Set<string>): string {
  const words = [...new Set(reasons.map(({ what }) => what))].map(what =>
    what.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9]?)/g, (_, letter: string) => letter.toUpperCase()),
  )
  const name = words.length > 3 ? `${words.slice(0, 2).join('And')}AndMore` : words.join('And')
  for (let nth = 1; ; nth++) {
    const free = nth === 1 ? name : `${name}${nth}`
    if (taken.has(free)) continue
    taken.add(free)
    return free
  }
}
