import type { Access } from '@millrace/etl-core'

/** A file: whoever may write it may do everything in it. */
export const accessTo = (place: string): readonly Access[] => [
  {
    system: 'the file system',
    what: 'the database file',
    actions: [],
    resources: [place],
    why: 'the process reads and writes there as the user that it runs as; a Lambda writes below /tmp alone',
  },
]
