import { matchesPattern } from './pattern.js'

/** A policy of IAM, as far as this judges one: statements that allow actions on resources. */
export interface IamPolicy {
  readonly Statement: readonly IamStatement[]
}

/** What allows something. */
export interface IamStatement {
  readonly Sid?: string
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: unknown
}

/** What a request has to be allowed. A request to a service may need several. */
export interface IamRequest {
  /** `s3:GetObject` */
  readonly action: string
  /** Its ARN; `*` for actions that know none. */
  readonly resource: string
  /** What conditions look at: `s3:prefix`. A key that the request does not have is not there. */
  readonly context: Readonly<Record<string, string | readonly string[]>>
}

/** A policy at work: what was asked of it, and what of it was ever needed. */
export interface IamJudge {
  /** Whether the policy allows it. Each question is kept. */
  allows(request: IamRequest): boolean
  /** What was asked and is not allowed, each once: `s3:GetObject on arn:aws:s3:::lake/a`. */
  readonly denied: readonly string[]
  /** What of the policy allowed nothing that was asked: of each statement each action on each resource, and each value of its conditions. */
  readonly unused: readonly string[]
}

/**
 * Judges requests by one policy, as IAM does where nothing else allows or denies them: what no statement allows is denied.
 *
 * Known: `Allow`, wildcards in actions, resources and `StringLike`, the conditions `StringLike`, `StringEquals`, and both `ForAnyValue`. Anything else
 * is refused, so that no policy is taken for one that says less or more.
 *
 * @throws Error for a policy that it cannot judge.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * @example
 * const judge = iamJudge(policy)
 * server.restrict(judge)
 * // … the code under test …
 * expect([judge.denied, judge.unused]).toEqual([[], []])
 */
export function iamJudge(policy: IamPolicy): IamJudge {
  const rules = policy.Statement.flatMap(rulesOf)
  const used = new Set<string>()
  const denied = new Set<string>()
  return {
    allows(request) {
      const allowing = rules.filter(rule => allowedBy(rule, request))
      for (const rule of allowing) {
        used.add(rule.name)
        for (const condition of rule.conditions)
          for (const value of metBy(condition, request)) used.add(nameOf(rule, condition, value))
      }
      if (allowing.length === 0) denied.add(`${request.action} on ${request.resource}${contextText(request)}`)
      return allowing.length > 0
    },
    get denied() {
      return [...denied]
    },
    get unused() {
      const values = rules.flatMap(rule =>
        rule.conditions.flatMap(condition => condition.values.map(value => nameOf(rule, condition, value))),
      )
      return [...new Set([...rules.map(({ name }) => name), ...values])].filter(name => !used.has(name))
    },
  }
}

/** One action on one resource. */
interface Rule {
  readonly name: string
  readonly action: string
  readonly resource: string
  readonly conditions: readonly Condition[]
}

interface Condition {
  readonly operator: string
  readonly key: string
  readonly values: readonly string[]
}

function rulesOf(statement: IamStatement): readonly Rule[] {
  const { Sid = '', Effect, Action, Resource, Condition = {}, ...more } = statement
  if (Effect !== 'Allow' || Object.keys(more).length > 0)
    throw new Error(`The statement "${Sid}" is not judged: only Allow, with Action, Resource and Condition.`)
  const conditions = conditionsOf(Condition)
  return listOf(Action).flatMap(action =>
    listOf(Resource).map(resource => ({ name: `${Sid}: ${action} on ${resource}`, action, resource, conditions })),
  )
}

function conditionsOf(condition: unknown): readonly Condition[] {
  return Object.entries(condition as Record<string, Record<string, string | readonly string[]>>).flatMap(([operator, of]) =>
    Object.entries(of).map(([key, values]) => ({ operator, key, values: listOf(values) })),
  )
}

const operators: Readonly<Record<string, (pattern: string, value: string) => boolean>> = {
  StringEquals: (wanted, value) => wanted === value,
  'ForAnyValue:StringEquals': (wanted, value) => wanted === value,
  StringLike: matchesPattern,
  'ForAnyValue:StringLike': matchesPattern,
}

/** The values of a condition that a request meets: one is enough, and none is met by a request that has no such key. */
function metBy({ operator, key, values }: Condition, { context }: IamRequest): readonly string[] {
  const compare = operators[operator]
  if (!compare) throw new Error(`The condition ${operator} is not judged.`)
  return values.filter(wanted => listOf(context[key] ?? []).some(value => compare(wanted, value)))
}

function allowedBy({ action, resource, conditions }: Rule, request: IamRequest): boolean {
  return (
    matchesPattern(action.toLowerCase(), request.action.toLowerCase()) &&
    matchesPattern(resource, request.resource) &&
    conditions.every(condition => metBy(condition, request).length > 0)
  )
}

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value)
const nameOf = (rule: Rule, { key }: Condition, value: string): string => `${rule.name} where ${key} is ${value}`

const contextText = ({ context }: IamRequest): string => {
  const known = Object.entries(context).map(([key, value]) => `${key} is ${listOf(value).join(', ')}`)
  return known.length === 0 ? '' : ` where ${known.join(' and ')}`
}
