import type { Access } from '@millrace/etl-core'

/** A database knows its own users; what they must be granted there depends on what is done, and the guide lists it. */
export const accessTo = (place: string): readonly Access[] => [
  {
    system: 'SQL Server',
    what: 'the database',
    actions: [],
    resources: [place],
    why: 'it is logged in to by MILLRACE_SQLSERVER_USER and MILLRACE_SQLSERVER_PASSWORD, or by what `credentials` gives',
  },
]
