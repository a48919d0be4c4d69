import type { StateHome } from '@millrace/etl-core'
import type { AccessFor, ObjectUse } from '../access.js'
import { statePrefixOf } from '../sink/names.js'
import type { ObjectStore } from '../store.js'
import { stateOver } from './state-over.js'

/** Where a pipeline's state lies at a place for objects. */
export function objectsHome(
  place: string,
  store: () => ObjectStore | Promise<ObjectStore>,
  access: AccessFor | undefined,
): StateHome {
  return {
    place,
    state: pipeline => stateOver(store, statePrefixOf(pipeline)),
    ...(access && { access: pipeline => access([stateUse(`${statePrefixOf(pipeline)}/`)]) }),
  }
}

/** What state does with its objects, which all lie below a prefix: `''` or with a slash at its end. */
export const stateUse = (prefix: string): ObjectUse => ({
  what: 'state',
  keys: [[prefix, '.json']],
  does: ['read', 'list', 'write', 'delete'],
  why: 'keeps bookmarks, the unfinished load, who owns it, and rejects with the records as they were read',
})
