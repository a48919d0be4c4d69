/** An object in a bucket that something happened to. */
export interface ObjectEvent {
  readonly bucket: string
  /** As it is in the bucket: decoded where the event had it encoded. */
  readonly key: string
  readonly change: 'created' | 'removed'
  /** Absent where the bucket keeps no versions. */
  readonly versionId?: string
  /** Without quotes. Absent for objects that were removed. */
  readonly eTag?: string
  readonly sizeBytes?: number
  /** When it happened: ISO 8601, UTC. */
  readonly time: string
}

/** A moment of a schedule. */
export interface ScheduleEvent {
  /** The moment the schedule meant, not the one it came at: ISO 8601, UTC. */
  readonly time: string
}

/** An event of an event bus. */
export interface BusEvent {
  /** The same each time it is delivered. */
  readonly id: string
  /** Who sent it: `aws.s3`, `com.example.orders`. */
  readonly source: string
  /** What happened: the bus's `detail-type`. */
  readonly type: string
  /** ISO 8601, UTC. */
  readonly time: string
  readonly detail: unknown
}

/** A message of a queue or topic. */
export interface MessageEvent {
  /** The same each time it is delivered. */
  readonly id: string
  /** As it was sent. */
  readonly body: string
  /** The sender's own attributes, as text. */
  readonly attributes: Readonly<Record<string, string>>
}

/** A request to an address of the pipeline's own. */
export interface RequestEvent {
  readonly method: string
  /** Beginning with a slash, without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** As text; absent for a request without one. */
  readonly body?: string
}

/**
 * What the parameters of a run are, for each kind of event that may start one. `null` leaves an event out, on purpose; an event of a kind
 * that is not here is refused, never passed over. What is returned is checked by the pipeline's schema.
 *
 * Called with nothing but its name and parameters, a pipeline needs none of these.
 */
export interface Triggers<P> {
  /** An object was created or removed. The load's identity is its bucket, key and version, or ETag where there are no versions. */
  readonly object?: (object: ObjectEvent) => P | null
  /** A schedule's moment has come, and is the load's identity. Default: the parameters the schedule was given, or none. */
  readonly schedule?: (schedule: ScheduleEvent) => P | null
  /** Anything else on an event bus. Its id is the load's identity. */
  readonly event?: (event: BusEvent) => P | null
  /** A message, whose id is the load's identity. Default: its body is the parameters as JSON, or holds an event of another kind. */
  readonly message?: (message: MessageEvent) => P | null
  /** A request. Default: parameters from the query, and from a body of JSON. */
  readonly request?: (request: RequestEvent) => P | null
}
