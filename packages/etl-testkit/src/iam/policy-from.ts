import type { Access } from '@millrace/etl-core'
import type { IamPolicy } from './judge.js'

/** What parts of a pipeline say that they need, as a policy: a statement for each, as it was said. */
export function policyFrom(needed: readonly Access[]): IamPolicy {
  return {
    Statement: needed
      .filter(({ system, actions }) => system === 'aws' && actions.length > 0)
      .map(({ what, actions, resources, condition }) => ({
        Sid: what,
        Effect: 'Allow',
        Action: actions,
        Resource: resources,
        ...(condition === undefined ? {} : { Condition: condition }),
      })),
  }
}
