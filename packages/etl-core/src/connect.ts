import type { Connector, ObjectSinkOptions, ObjectSourceOptions, ObjectsPlace, Place, SqlPlace, StatePlace } from './connector.js'
import { ConfigError } from './errors.js'
import { parsePlace } from './place.js'
import type { Sink } from './sink.js'
import type { Source } from './source.js'
import type { RelatedTablesOptions, TableSinkOptions, TableSourceOptions } from './table-options.js'

/** Turns a place that is known only at run time (`--to s3://bucket`) into a sink or source, through the listed connectors. */
export interface Connect {
  /** A sink for objects at `place`. Throws ConfigError for an unlisted scheme or a place it cannot be. */
  objects<T>(place: string, options: ObjectSinkOptions<T>): Sink<T>
  /** A source of objects at `place`. */
  objectsFrom<T>(place: string, options: ObjectSourceOptions<T>): Source<T>
  /** A sink for the rows of one table at `place`: `duckdb:./plants.duckdb`. */
  table<T>(place: string, options: TableSinkOptions<T>): Sink<T>
  /** A sink for the rows of several related tables at `place`. */
  tables<T>(place: string, options: RelatedTablesOptions<T>): Sink<T>
  /** A source of the rows of a table or view at `place`. */
  tableFrom<T>(place: string, options: TableSourceOptions<T>): Source<T>
  /** The place itself, for plug-ins that build on it. */
  place(place: string): ObjectsPlace | SqlPlace | StatePlace
}

/**
 * The connect functions over a pipeline's connectors.
 *
 * @param cwd - What relative places are relative to. Default: the process's working directory.
 */
export function connectWith(connectors: readonly Connector[], cwd?: string): Connect {
  const at = (text: string): Place => ({ ...parsePlace(text), ...(cwd === undefined ? {} : { cwd }) })
  return {
    objects: (place, options) => openObjects(connectors, at(place)).sink(options),
    objectsFrom: (place, options) => openObjects(connectors, at(place)).source(options),
    table: (place, options) => openTables(connectors, at(place)).table(options),
    tables: (place, options) => openTables(connectors, at(place)).tables(options),
    tableFrom: (place, options) => openTables(connectors, at(place)).source(options),
    place: place => openAny(connectors, at(place)),
  }
}

function openObjects(connectors: readonly Connector[], place: Place): ObjectsPlace {
  const connector = connectorFor(connectors, place)
  if (connector.kind === 'objects') return connector.open(place)
  throw otherKind(connectors, place, connector, 'objects')
}

function openTables(connectors: readonly Connector[], place: Place): SqlPlace {
  const connector = connectorFor(connectors, place)
  if (connector.kind === 'sql') return connector.open(place)
  throw otherKind(connectors, place, connector, 'sql')
}

/** What places of each kind hold. */
const held: Readonly<Record<Connector['kind'], string>> = { objects: 'objects', sql: 'tables', state: 'state alone' }

function otherKind(
  connectors: readonly Connector[],
  { shown }: Place,
  { kind }: Connector,
  wanted: Connector['kind'],
): ConfigError {
  const problem = `${shown} holds ${held[kind]}, and ${held[wanted]} are needed here`
  return new ConfigError('ETL_PLACE_INVALID', `${problem}. ${listed(connectors, wanted)}`)
}

function openAny(connectors: readonly Connector[], place: Place): ObjectsPlace | SqlPlace | StatePlace {
  return connectorFor(connectors, place).open(place)
}

function connectorFor(connectors: readonly Connector[], place: Place): Connector {
  const connector = connectors.find(each => each.scheme === place.scheme)
  if (connector) return connector
  throw new ConfigError(
    'ETL_PLACE_SCHEME',
    `Nothing opens ${place.shown}: the pipeline lists no connector for "${place.scheme}:". ${listed(connectors)}`,
    { context: { scheme: place.scheme, listed: connectors.map(each => each.scheme) } },
  )
}

function listed(connectors: readonly Connector[], kind?: Connector['kind']): string {
  const schemes = connectors.filter(each => kind === undefined || each.kind === kind).map(each => `${each.scheme}:`)
  return schemes.length === 0 ? 'It lists none.' : `Listed: ${schemes.join(', ')}`
}
