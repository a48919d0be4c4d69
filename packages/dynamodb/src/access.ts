import type { Access } from '@millrace/etl-core'

/**
 * The IAM permissions for state in a table: in its own partitions alone, which a condition on their keys says.
 *
 * @param partition - See `partitionOf`.
 * @param region - Default: any, as the environment decides it.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html (read 2026-12)
 */
export function accessTo(table: string, partition: string, region = '*'): readonly Access[] {
  const own = escaped(partition)
  return [
    {
      system: 'aws',
      what: 'table of state',
      actions: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      resources: [`arn:aws:dynamodb:${region}:*:table/${table}`],
      condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [own, `${own}#*`] } },
      why: 'keeps the state of this pipeline, in items of its own',
    },
  ]
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars (read 2026-12) */
const escaped = (text: string): string => text.replace(/[*?$]/g, char => `\${${char}}`)
