// What each error code means and what to do, for docs/reference/errors.md. A test holds this list against what the sources throw.
// The message of an error says what was being done and with what; this says what kind of thing it is. Markdown, without line breaks.
export const errorTexts = {
  ETL_CONFIG_INVALID: {
    means:
      'Options, a path template, a pipeline’s name or a list of columns cannot be right. The message names every problem at once. Thrown before anything is read.',
    todo: 'Correct the call. Two groups that would be written to one path need `{group}`, or a label that tells them apart, in the path.',
  },
  ETL_CONFIG_CREDENTIALS: {
    means:
      'No credentials were found, a secret that holds them cannot be read, or a session has to be signed into again. Nothing was asked of the database.',
    todo: 'SQL Server: set `MILLRACE_SQLSERVER_USER` and `MILLRACE_SQLSERVER_PASSWORD`, or `MILLRACE_SQLSERVER_SECRET` to a secret that may be read and has `username` and `password`. AWS: set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, a profile (`AWS_PROFILE`), give the process a role, or a function as `credentials`.',
  },
  ETL_CONFIG_REGION: {
    means: 'The region is missing, or the bucket is in another one. The message names the right one where S3 says it.',
    todo: 'Set `AWS_REGION`, a region in the profile, or the option `region`.',
  },
  ETL_PARAMS_INVALID: {
    means:
      'The parameters do not fit the pipeline’s schema. `context.issues` holds the problems one by one, `{ path, message }`.',
    todo: 'Correct the parameters, the flags or the Lambda event.',
  },
  ETL_INIT_IN_THE_WAY: {
    means:
      '`millrace init` was given a folder that is not empty, or a file stands where a folder is needed. The message names what is in the way. Nothing was written.',
    todo: 'Name another folder, or give `--force`: it adds the files that are missing and changes none that is there.',
  },
  ETL_PLACE_INVALID: {
    means:
      'A place is not of the form `scheme:rest`, is not of the kind that is needed (objects, tables), or its connector cannot open it.',
    todo: 'Write it as `file:./out` or `file:/data/out`. Spell out `~`: only a shell understands it.',
  },
  ETL_PLACE_SCHEME: {
    means: 'No connector of the pipeline opens places of this scheme. The message names those that are listed.',
    todo: 'Add the connector to `connectors` in `definePipeline`, or give another place.',
  },
  ETL_PLACE_LEFT_OUT: {
    means:
      'The pipeline runs from a bundle, and `millrace bundle --connectors` left out the connector for places of this scheme.',
    todo: 'Bundle again with the connectors that the message names, or give another place.',
  },
  ETL_BUNDLE_LAMBDA: {
    means:
      '`millrace bundle` makes the handler with @millrace/lambda, and neither the pipeline’s project nor the command has it.',
    todo: '`npm install @millrace/lambda` in the project.',
  },
  ETL_PLACE_SECRET: {
    means: 'A place holds a password. Places end up in logs, state and shell histories, so it is refused.',
    todo: 'Leave it out; give it through the environment, a provider function or a role. A password that was typed has been seen: change it.',
  },
  ETL_NEXT_FAILED: {
    means: 'The load has ended and stands, and the pipeline’s `next` threw when it was asked what follows.',
    todo: 'Correct `next`. The followers are asked for again by the next runs, three times in all.',
  },
  ETL_GUARANTEE: {
    means:
      'The pipeline asks for `delivery: "exactly once"`, and its source, sink and state together give less. The message says why.',
    todo: 'Choose a sink that replaces, merges or keeps the cursor, or a place for state; or ask for less. See [delivery guarantees](../guide/delivery.md).',
  },
  ETL_BOOKMARKS_OTHER: {
    means:
      'The bookmarks were made with other parameters, another version, schema or layout, so their groups would be loaded anew. The sink appends, and would then hold them twice.',
    todo: 'Go on from the bookmarks (`keepBookmarks`), append everything again (`--full`), or choose another place.',
  },
  ETL_PLAN_INVALID: {
    means: 'A source planned two splits of one id, or an id that cannot name state. A mistake in the source, not in a pipeline.',
    todo: 'Make ids with `splitId(name, decides)`.',
  },
  ETL_BATCH_INVALID: {
    means: 'A source handed over something that is no batch. A mistake in the source, not in a pipeline.',
    todo: 'Yield `{ records: […], cursor }`.',
  },
  ETL_REJECTS_OTHER: {
    means:
      'The rejects to replay were made with other parameters than those given now, so their records would go where they do not belong.',
    todo: 'Replay them with the parameters of their load, or choose others by load. See [rejects](../guide/rejects.md).',
  },
  ETL_COLUMNS_UNKNOWN: {
    means:
      'Columns are needed, and neither a record schema nor options name them, or two parts of one CSV object would have different ones.',
    todo: 'End the flow in `.validate(schema)`, or state `columns`. The message names the fields that have no type.',
  },
  ETL_SCHEMA_INCOMPATIBLE: {
    means: 'The record schema does not fit the columns that are stored already. New nullable columns fit; other changes do not.',
    todo: 'Follow the message, which names each column and what allows the change: a statement, or an option such as `schemaChanges`.',
  },
  ETL_FLAGS_INVALID: {
    means: 'Flags of the command are unknown, incomplete or not valid. All problems are told at once, each with its flag.',
    todo: 'See `millrace run <pipeline> --help`. Exit code 2; nothing was read or written.',
  },
  ETL_FLAGS_CLASH: {
    means: 'A parameter of the pipeline would have the flag of another one, or of the command itself.',
    todo: 'Rename the parameter.',
  },
  ETL_PIPELINE_NOT_FOUND: {
    means: 'No such file, or no package in reach offers a pipeline of that name.',
    todo: 'Check the path, or `millrace list` for names. A package that offers a pipeline must be built.',
  },
  ETL_PIPELINE_COMPILE: {
    means: 'The pipeline’s TypeScript does not compile. The message has file, line, column and the line itself.',
    todo: 'Correct it there. Types are not checked by the command: run `tsc` for that.',
  },
  ETL_PIPELINE_IMPORT: {
    means: 'The pipeline’s file threw an error while it was loaded: a missing package, or code at the top of the file.',
    todo: 'Install what is missing; move work from the top of the file into `build`.',
  },
  ETL_PIPELINE_EXPORT: {
    means: 'The file has no pipeline as its default export.',
    todo: 'End it in `export default definePipeline(…)`.',
  },
  ETL_STATE_NONE: {
    means: 'The sink has no place for state, so the command does not know which state is meant.',
    todo: 'Give the `--state` that the run was given.',
  },
  ETL_SOURCE_UNAVAILABLE: {
    means:
      'The source did not answer, answered with a server error, or the connection broke: the network, a time-out, 408, 425, 5xx, a file system in trouble. Certificate trouble is this code with `never`.',
    todo: 'Nothing, if it passes: the next run takes the load up where it stood. If it stays, look at the other side, and at `timeoutMs`.',
  },
  ETL_SOURCE_RATE_LIMITED: {
    means: 'The source asked for fewer requests (429; S3 says `SlowDown`). `retryAfterMs` is what it asked for.',
    todo: 'Set `requestsPerSecond`, lower `concurrency`, or run again later.',
  },
  ETL_SOURCE_DENIED: {
    means: 'The source refused access: 401, 403, or permissions of files.',
    todo: 'Check credentials and what they allow. The next run plans anew.',
  },
  ETL_SOURCE_NOT_FOUND: {
    means: 'What was asked for is not there: 404, 410, an object named in `keys`, a bucket.',
    todo: 'Check the address or the key; an object may have been deleted before its event came. Other groups of the load are not concerned.',
  },
  ETL_SOURCE_REPLACED: {
    means:
      'An object was asked for by its etag and another version is there by now, as after an upload over it. Nothing of it is read, and nothing is tried again: the older version does not come back.',
    todo: 'Nothing where the newer version has an event of its own, which loads it. Else ask for the key alone, or, in a bucket with versioning, by `versionId`.',
  },
  ETL_SOURCE_REFUSED: {
    means:
      'The source understood the request and said no: another 4xx, a redirect that is not followed, an API’s own error message.',
    todo: 'The message has the source’s words. Asking the same again gives the same answer.',
  },
  ETL_SOURCE_MALFORMED: {
    means:
      'An answer or a file as a whole is not what it should be: broken JSON, a truncated array, damaged gzip data, a header with a name twice, pages that do not add up. Single broken records become rejects instead.',
    todo: 'With `later` it may have been caught in the middle of an update and is tried again. Else look at the place the message names.',
  },
  ETL_SOURCE_FULL: {
    means: 'A database had no room left for what a query needs on disk.',
    todo: 'Make room, or ask for fewer rows at once (`pageRows`).',
  },
  ETL_SOURCE_KEY: {
    means: 'Rows of a table cannot be read by the `key` that was named: it is null somewhere, or not unique.',
    todo: 'Name columns that are unique together and take no null: the primary key, or a view’s id.',
  },
  ETL_SOURCE_TOO_LARGE: {
    means: 'An answer is larger than `maxBodyBytes`.',
    todo: 'Ask for smaller pages, or raise `maxBodyBytes`: bodies are held in memory whole.',
  },
  ETL_SOURCE_CHANGED: {
    means:
      'The data changed while it was read, or since the load was planned. What was read of the split is dropped and it is read again, three times at most; then its group is planned anew in the same run.',
    todo: 'Nothing, mostly. If it goes on, run when the source is quiet.',
  },
  ETL_SINK_UNAVAILABLE: {
    means: 'The destination is away or busy for the moment.',
    todo: 'Nothing, if it passes: the split is tried again, and the next run goes on from the last checkpoint.',
  },
  ETL_SINK_RATE_LIMITED: {
    means: 'The destination asks for fewer requests at a time (S3 says `SlowDown`), after several attempts with growing waits.',
    todo: 'Nothing, if it passes. If not, lower `concurrency`, or spread the objects over more prefixes.',
  },
  ETL_SINK_NOT_FOUND: {
    means: 'The place is not there: no such bucket. Millrace makes folders, and no buckets.',
    todo: 'Create it, or correct its name.',
  },
  ETL_SINK_REFUSED: {
    means:
      'The destination understood the request and said no: a key that is too long, metadata that is too large, an option it does not know.',
    todo: 'The message has its words. Asking the same again gives the same answer.',
  },
  ETL_SINK_CONFLICT: {
    means: 'The rows of a group were replaced by another load since this one began. They were left as they are.',
    todo: 'Run again: the group is loaded anew. If another pipeline writes there too, give each a table of its own.',
  },
  ETL_SINK_MALFORMED: {
    means: 'The database file cannot be opened: it is no DuckDB file, it is damaged, or a newer DuckDB wrote it.',
    todo: 'Name another file, or restore this one.',
  },
  ETL_SINK_TOO_LARGE: {
    means: 'An object would be larger than the store takes: 5 TiB, or 10,000 parts, in S3.',
    todo: 'Write several objects: more groups, or `layout: "append"`. Larger `partBytes` allow for more bytes in 10,000 parts.',
  },
  ETL_SINK_DENIED: {
    means:
      'The destination refused: permissions, credentials that are wrong or have ended, a read-only file system, a file where a folder is needed, a name that is too long, no hard links, a symbolic link that leads out of the folder.',
    todo: 'The message says which. Grant it, move it away, or choose another place.',
  },
  ETL_SINK_FULL: {
    means: 'The disk is full or the quota is used up; of a database, its files or its log.',
    todo: 'Free some space and run again: what was saved stays.',
  },
  ETL_SINK_CLOSED: {
    means: 'A writer was used after it had ended. A mistake in a runner or a test, not in a pipeline.',
    todo: 'Open a new writer.',
  },
  ETL_OBJECT_CONFLICT: {
    means:
      'An object was changed by someone else: another pipeline, another program or a person wrote it while the load ran. It was left as it is.',
    todo: 'Run again: the group is loaded anew. If another pipeline writes there too, give each a path of its own.',
  },
  ETL_MOVE_UNVERIFIED: {
    means:
      'What a move reads back is not what it wrote: other records, or other values. `context` holds both counts and checksums. Nothing of the group was removed at the source.',
    todo: 'Look at the objects: someone changed or removed them. Put them back and run again; or take away the ones of this load, and run `millrace state reset` once you know that every record is still at the source.',
  },
  ETL_MOVE_UNFINISHED: {
    means:
      'A move was begun and not finished, and this run would begin another: its parameters, source, schema or layout are others.',
    todo: 'Run it once as it was begun (`millrace state show` prints its parameters); it is then finished. Until then nothing else begins.',
  },
  ETL_OBJECT_NOT_FOUND: {
    means: 'An object is not there. From a sink: a staged part of the load was removed before it was published.',
    todo: 'Do not remove anything below `_millrace/` while a load is unfinished. The next run loads the group anew.',
  },
  ETL_OBJECT_KEY: {
    means: 'A text cannot be an object’s key: it leads out of the place, is too long, or holds what keys cannot.',
    todo: 'Correct the path template, the prefix or the key.',
  },
  ETL_STAGING_DAMAGED: {
    means: 'A staged part has another size than what was written. Nothing of its group was published.',
    todo: 'The next run loads the group anew. Find out what writes below `_millrace/`.',
  },
  ETL_RECORD_INVALID: {
    means: 'A record does not fit the schema of `validate`, a type of `cast`, or its column. It is rejected; the run goes on.',
    todo: 'Look at the [rejects](../guide/rejects.md): the raw record, the field and the reason are kept.',
  },
  ETL_RECORD_UNPARSABLE: {
    means:
      'Input could not be turned into a record: a broken line, text that is not UTF-8, a row with too many fields, a record above `maxRecordBytes`.',
    todo: 'Look at the [rejects](../guide/rejects.md): text and position are kept. It cannot be replayed record by record.',
  },
  ETL_RECORD_KEY: {
    means:
      'A record has null where a table’s natural key needs a value, or in a part of the key of a row it refers to. It is rejected; the run goes on.',
    todo: 'Look at the [rejects](../guide/rejects.md). If it may be missing, take it out of the key.',
  },
  ETL_RECORD_REFUSED: {
    means:
      'The sink or its format cannot hold a record: `NaN`, a function, a field without a column. It is rejected; the rest of its batch is written.',
    todo: 'Convert the field before the sink, with `derive` or `cast`.',
  },
  ETL_STATE_CONFLICT: {
    means:
      'State was changed by another run. With `host` and `pid` in the context: another run owns the pipeline at this place now. Without: this run was succeeded by another one and ends without writing more.',
    todo: 'Wait for the other run (`--wait`), or stop it. A process that died is succeeded by itself. See [state and ownership](../guide/state.md#ownership).',
  },
  ETL_STATE_UNAVAILABLE: {
    means: 'State could not be read or written: the place is away, busy or full.',
    todo: 'Run again when it is back. Nothing is lost: what was not saved is read again.',
  },
  ETL_STATE_DENIED: {
    means: 'Access to the place of state was refused.',
    todo: 'Grant reading and writing below `_millrace/`, of the table in a database or in DynamoDB, or name another place with `--state`.',
  },
  ETL_STATE_FULL: {
    means:
      'There is no room left for state: the disk of a database is full, or a DynamoDB table with a local secondary index holds 10 GB of one pipeline.',
    todo: 'Make room and run again: what was saved stays.',
  },
  ETL_STATE_MALFORMED: {
    means:
      'The database file that holds the state cannot be opened: it is no DuckDB file, it is damaged, or a newer DuckDB wrote it.',
    todo: 'Name another file, or restore this one.',
  },
  ETL_STATE_RATE_LIMITED: {
    means: 'The database that holds the state asks for fewer requests at a time.',
    todo: 'Nothing, if it passes. If not, run fewer splits at once, or choose a larger size for the database.',
  },
  ETL_STATE_REFUSED: {
    means: 'The database that holds the state said no: the table of state is not as it was made, or a statement is not allowed.',
    todo: 'The message has its words. Put `_millrace_state` back, or remove it: then every pipeline there begins anew.',
  },
  ETL_STATE_NOT_FOUND: {
    means:
      'The place of state is not there: no such bucket. For objects in a bucket it is mostly the destination itself, where state lies too.',
    todo: 'Create the bucket, or correct its name.',
  },
  ETL_STATE_CORRUPT: {
    means: 'A document of state is damaged. The message names it.',
    todo: 'Restore it from a backup, or remove that file: then the version before it counts, or the pipeline begins anew. `millrace state reset` removes all of the state, damaged or not.',
  },
  ETL_STATE_INVALID: {
    means: 'A receipt in state is not what this version of the code wrote: a Parquet part without its row groups.',
    todo: 'Do not change formats between the attempts of one load: `millrace state reset`, or `--full`, begins anew.',
  },
  ETL_STATE_TABLE: {
    means: 'The DynamoDB table for state is not there, is still being made, or has other keys than `pk` and `sk`.',
    todo: 'Make it by the command in the message, in the account and region that the credentials are for, or correct its name.',
  },
  ETL_STATE_KEY: {
    means:
      'A text cannot name a document of state. A mistake in a plug-in, not in a pipeline; in DynamoDB also a key of more than 1,024 bytes, from very long names of groups and splits.',
    todo: 'Each part between slashes must match `[A-Za-z0-9._-]{1,160}`, and be neither `.`, `..` nor a number with `.json`.',
  },
  ETL_STEP_FAILED: {
    means:
      'A step’s function threw something other than a RecordError. Taken for a bug, not for bad data: the split fails, with step and record named.',
    todo: 'Correct the code and run again: the load goes on from its last checkpoint. Throw a RecordError where a record is to be rejected.',
  },
  ETL_REJECTS_TOO_MANY: {
    means:
      'More records were rejected than `maxRejects` allows: a count is judged for each split while it is read, a share at its end and for the whole load. Without `maxRejects`: every record of a group was rejected, and the sink would replace what is there by nothing.',
    todo: 'What was published before stays. The message has the most frequent reason; correct it, or raise the limit. The next run plans anew.',
  },
  ETL_EVENT_UNKNOWN: {
    means:
      'A Lambda was invoked with an event that no run can be made of: of a service that starts no pipeline, of a kind for which the pipeline declares no trigger, or with a body that is no JSON. Nothing was read or written. `context.fields` names the event’s fields, none of their values.',
    todo: 'Declare what the parameters of such an event are in `triggers` of the pipeline, or take the function off what sends it.',
  },
  ETL_NO_PROGRESS: {
    means:
      'A load that goes on from invocation to invocation came no further in several of them (`mostInVain`, 3 by default). `context.splits` are those that are not done.',
    todo: 'Give the function a longer timeout, the source smaller splits, or flush more often (`flushEvery`). What is durable stays: the next run goes on from there.',
  },
  ETL_PACKAGE_MISSING: {
    means:
      'Something that was asked for needs a package that is not installed: a client of the AWS SDK, which most functions do without.',
    todo: 'Install the package that the message names, and bundle again.',
  },
  ETL_RUN_STOPPED: {
    means:
      'A run in a Lambda reached its deadline, nothing was handed on, and nobody waits for the answer: the invocation fails so that its event comes again and the load goes on.',
    todo: 'Nothing, if it goes on within the retries the event has. Give the handler `handOn`, or the function a longer timeout.',
  },
  ETL_RUN_FAILED: {
    means:
      'A run in a Lambda ended as `failed`: the invocation fails, so that metrics, retries and the dead-letter queue see it. `report` says what was published all the same; `retry` is that of the first failure.',
    todo: 'Look at the code in the message. Invoking again takes the same load up where it stood.',
  },
  ETL_STOP_SIGNAL: {
    means:
      'The run was asked to stop: Ctrl-C, SIGTERM, or its `signal`. Plug-ins see it as the reason of `ctx.signal`; the report says `stopped`.',
    todo: 'Run again: it goes on from there.',
  },
  ETL_STOP_DEADLINE: {
    means:
      'The deadline is near: Lambda’s remaining time, `--deadline`, `deadlineAtMs`. Plug-ins see it as the reason of `ctx.signal`; the report says `stopped`.',
    todo: 'Run again: it goes on from there.',
  },
  ETL_UNEXPECTED: {
    means: 'Something that is no error of ours was thrown, by a plug-in or by Node. It is kept in the report under this code.',
    todo: 'If a plug-in threw it, its error table lacks a row: tell its author.',
  },
}
