import type { PartAccess } from '@millrace/etl-core'
import type { Invocation } from '../commands/invocation.js'

/** What a policy cannot say: parts that need no permission of AWS, or say nothing of theirs, and what runs besides. */
export function notesOf(
  needed: readonly PartAccess[],
  { pipeline, madeUp }: Pick<Invocation, 'pipeline' | 'madeUp'>,
  statements: number,
): readonly string[] {
  const others = new Map<string, string[]>()
  for (const { part, system, actions, resources, why } of needed) {
    if (system === 'aws' && actions.length > 0) continue
    const text = `${[system, ...resources].join(' ')} needs no permission of IAM: ${why}.`
    others.set(text, [...(others.get(text) ?? []), part])
  }
  return [
    ...[...others].map(([text, parts]) => `${[...new Set(parts)].join(' and ')}: ${text}`),
    ...(statements === 0
      ? ['Nothing of it is on AWS, so the policy is empty: leave it out, as IAM takes none without a statement.']
      : []),
    ...(madeUp.length === 0
      ? []
      : [`Required and not given, so an example stands in its place: ${madeUp.join(', ')}. Give it if the places depend on it.`]),
    ...(pipeline.next ? ['What follows this pipeline (next) runs with the same role: add the policies of those pipelines.'] : []),
  ]
}
