import type { KeyPattern, ObjectUse } from '../access.js'
import type { Targets } from './names.js'
import { ownFolder } from './template.js'

/** What decides which objects a sink uses. */
export interface SinkUsesOf {
  readonly pipeline: string
  readonly targets: Targets
  readonly append: boolean
  /** Columns are kept beside what is appended. */
  readonly keepsColumns: boolean
}

/** The objects a sink uses, state apart. Every call that it makes to its store is one of these. */
export function sinkUses({ pipeline, targets, append, keepsColumns }: SinkUsesOf): readonly ObjectUse[] {
  const own = (folder: string): KeyPattern => [`${ownFolder}/${pipeline}/${folder}/`, '.json']
  return [
    {
      what: 'published objects',
      keys: append ? [appendedKeys(targets)] : objectKeys(targets),
      does: ['read', 'write', 'upload', 'end'],
      why: append
        ? 'adds objects that hold a load, puts larger ones together of staged parts, and looks whether they are there already'
        : 'replaces the object of each group, puts larger ones together of staged parts, and looks at what is there before',
    },
    {
      what: 'staging',
      keys: [[`${ownFolder}/${pipeline}/staging/`, '']],
      does: ['read', 'list', 'write', 'upload', 'end', 'delete'],
      why: 'keeps what is flushed until its group is published, so that a stop loses nothing, and clears it away',
    },
    ...(append ? [] : bookkeeping(own('manifests'))),
    ...(keepsColumns
      ? [
          {
            what: 'columns',
            keys: [own('columns')],
            does: ['read', 'write'],
            why: 'keeps the columns of what is appended, so that another load cannot put something else beside it',
          } as const,
        ]
      : []),
  ]
}

const bookkeeping = (manifests: KeyPattern): readonly ObjectUse[] => [
  {
    what: 'manifests',
    keys: [manifests],
    does: ['read', 'write'],
    why: 'keeps which objects a group was published as',
  },
  {
    what: 'manifests of others',
    keys: [[`${ownFolder}/`, '/manifests/', '.json']],
    does: ['read'],
    why: 'looks whether another pipeline publishes to the same object',
  },
  {
    what: 'owners',
    keys: [[`${ownFolder}/owners/`, '.json']],
    does: ['read', 'write', 'delete'],
    why: 'keeps which group an object belongs to, so that no other replaces it',
  },
]

function objectKeys({ path, latest, extension }: Targets): readonly KeyPattern[] {
  return (latest === undefined ? [path] : [path, latest]).map(template => templateKeys(template, extension))
}

function appendedKeys({ path, extension }: Targets): KeyPattern {
  const folder = path === '' ? [''] : templateKeys(path, extension)
  // Below the path come partitions, and a name that is made of the batch.
  return [...folder.slice(0, -1), path === '' ? '' : `${folder.at(-1)}/`, `.${extension}`]
}

/** Which keys a template may give: any text in the place of each field but `{ext}`, of which it is known. */
function templateKeys(template: string, extension: string): KeyPattern {
  return template.replaceAll('{ext}', extension).split(/\{[^{}]*\}/)
}
