import type { CrashOptions } from '@millrace/etl-testkit/cases'

/** A moment of a run, and what may be done to it there. */
export type Moment = Parameters<NonNullable<CrashOptions<unknown>['only']>>[0]

const changes = {
  calls: { writer: /./, sink: /^(publish|discard)$/, state: /^(save|remove)$/ },
  // What a sink and state do there, they do by way of the store, or of requests.
  store: { objects: /^(put|assemble|delete|deleteIf|endUnfinished|(Put|Copy|Delete|Create|Upload|Complete|Abort)\w+Command)$/ },
}

/**
 * Where a process may end so that others can tell: after each call that changes something. What it does until the next such call is
 * nothing to those who come after it.
 */
export function isEndOfChange(place: keyof typeof changes): (moment: Moment) => boolean {
  const names: Readonly<Partial<Record<Moment['call']['on'], RegExp>>> = changes[place]
  return ({ call, when }) => when === 'after' && names[call.on]?.test(call.name) === true
}
