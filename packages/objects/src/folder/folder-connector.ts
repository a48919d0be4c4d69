import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError, type ObjectsConnector, type Place, type StateStore } from '@millrace/etl-core'
import { objectsConnector } from '../connector.js'
import { stateOver } from '../state/state-over.js'
import { folderStore } from './folder-store.js'

/**
 * Folders as places: `file:./out` (relative to the working directory when it is first used), `file:/data/out`, and URLs
 * `file:///data/my%20files` (only those are percent-decoded). Lists, reads and writes with {@link folderStore}.
 *
 * Opening one throws ConfigError `ETL_PLACE_INVALID` for a URL that names another host, and for `~`, which only shells understand.
 *
 * @example
 * definePipeline({ name: 'population', connectors: [folder], build: ({ connect }) => … connect.objects('file:./out', …) })
 */
export const folder: ObjectsConnector = objectsConnector({
  scheme: 'file',
  open(place) {
    const path = folderPath(place)
    const { cwd, shown } = place
    return () => folderStore(cwd === undefined ? path : resolve(cwd, path), { place: shown })
  },
  access: ({ shown }) => [{ ...ofFiles, resources: [shown] }],
})

/**
 * State in a folder of its own, for runs whose sink keeps none. One pipeline per folder.
 *
 * @example
 * await run(pipeline, params, { state: folderState('./state/orders'), statePlace: 'file:./state/orders' })
 */
export function folderState(path: string): StateStore {
  return stateOver(() => folderStore(path), '')
}

const ofFiles = {
  system: 'the file system',
  what: 'files',
  actions: [],
  why: 'the process reads and writes there as the user that it runs as; a Lambda writes below /tmp alone',
}

/** The path a `file:` place stands for. */
export function folderPath({ rest, shown }: Place): string {
  if (rest.includes('\0')) throw invalid(shown, 'holds a NUL character')
  if (/^~(\/|$)/.test(rest)) throw invalid(shown, 'begins with ~, which only a shell understands. Write the whole path')
  if (!rest.startsWith('//')) return rest
  const host = /^\/\/([^/?#]*)/.exec(rest)?.[1]
  if (host && host !== 'localhost') {
    throw invalid(
      shown,
      `names the host "${host}", and only folders of this computer are opened. Write file:./${host}… or file:///${host}…`,
    )
  }
  if (/[?#]/.test(rest)) throw invalid(shown, 'holds ? or #. In a URL they are written %3F and %23')
  try {
    return fileURLToPath(`file:${rest}`)
  } catch (cause) {
    throw invalid(shown, `is no file URL (${(cause as Error).message})`)
  }
}

function invalid(shown: string, problem: string): ConfigError {
  return new ConfigError('ETL_PLACE_INVALID', `The place ${shown} ${problem}.`, { context: { place: shown } })
}
