import { ConfigError, type Connector } from '@millrace/etl-core'

/** A connector that is not in a bundle. */
export interface LeftOut {
  readonly kind: Connector['kind']
  /** Of its places: `s3`. */
  readonly scheme: string
  /** What a place needs besides what the bundle has: `file,s3`. */
  readonly connectors: string
}

/**
 * Stands in a bundle for a connector that `millrace bundle --connectors` left out: it can be listed, and refuses every place.
 *
 * Opening a place throws ConfigError `ETL_PLACE_LEFT_OUT`.
 */
export function leftOut({ kind, scheme, connectors }: LeftOut): Connector {
  const open: Connector['open'] = place => {
    throw new ConfigError(
      'ETL_PLACE_LEFT_OUT',
      `Nothing opens ${place.shown}: the connector for "${scheme}:" was left out of this bundle. Bundle again with --connectors ${connectors}.`,
      { context: { scheme } },
    )
  }
  return Object.freeze({ kind, scheme, open }) as Connector
}
