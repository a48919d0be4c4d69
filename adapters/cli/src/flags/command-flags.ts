/** A flag of the command itself, as opposed to one made of a parameter. */
export interface CommandFlag {
  readonly name: string
  readonly short?: string
  /** How its value is shown in help; absent for a switch. */
  readonly value?: string
  readonly does: string
}

export const helpFlag: CommandFlag = { name: 'help', short: 'h', does: 'show this' }
export const verboseFlag: CommandFlag = { name: 'verbose', does: 'with an error, its stack and its causes' }
export const paramsFlag: CommandFlag = {
  name: 'params',
  value: 'json|@file',
  does: 'parameters as a JSON object, or a file that holds one; flags go over it',
}
export const stateFlag: CommandFlag = {
  name: 'state',
  value: 'place',
  does: 'where state and rejects lie, instead of with the data',
}

export const loadIdFlag: CommandFlag = {
  name: 'load-id',
  value: 'id',
  does: "the trigger's identity: the same one twice changes nothing for 7 days",
}
export const fullFlag: CommandFlag = { name: 'full', does: 'ignore bookmarks and load everything anew' }
export const planFlag: CommandFlag = { name: 'plan', does: 'also ask the source what a run would load now' }

/** `millrace run`: how to run. None of these decides which records arrive. */
export const runFlags: readonly CommandFlag[] = [
  fullFlag,
  { name: 'keep-bookmarks', does: 'go on from bookmarks though parameters, version or layout are others now' },
  { name: 'concurrency', value: 'n', does: 'splits run at once (default 4, lowered to fit the memory)' },
  { name: 'memory', value: 'MiB', does: "budget for the run's buffers (default 64)" },
  stateFlag,
  { name: 'wait', value: 'seconds', does: 'how long to wait for another run of the same pipeline (default 0)' },
  { name: 'lease', value: 'seconds', does: 'how long another run waits for this one when it hangs (default 30)' },
  { name: 'save-every', value: 'seconds', does: 'make what was read durable so often (default 5; 0: after every batch)' },
  loadIdFlag,
  { name: 'deadline', value: 'seconds', does: 'stop in good order before so many seconds have passed' },
  { name: 'max-rejects', value: 'n|n%', does: 'fail when more records than this are rejected (default: no limit)' },
]

/** `millrace run`: what is shown. */
export const showFlags: readonly CommandFlag[] = [
  { name: 'json', does: 'one JSON line per event on stdout, the report last (also when stdout is no terminal)' },
  { name: 'quiet', does: 'only the report' },
  verboseFlag,
  helpFlag,
]

export const jsonFlag: CommandFlag = { name: 'json', does: 'as JSON' }
export const nameFlag: CommandFlag = { name: 'name', value: 'name', does: "the package's name (default: made of the folder's)" }
export const forceFlag: CommandFlag = {
  name: 'force',
  does: 'also in a folder that is not empty: add what is missing, change nothing',
}
export const connectorsFlag: CommandFlag = {
  name: 'connectors',
  value: 'a,b',
  does: "of the pipeline's connectors only these, by scheme: s3,folder (default: all)",
}
export const bundleHandOnFlag: CommandFlag = {
  name: 'hand-on',
  value: 'self|url',
  does: 'how a load goes on that is longer than an invocation: the function invokes itself, or by messages in the queue with this address (default: not by itself)',
}
export const outFlag: CommandFlag = {
  name: 'out',
  value: 'file.zip',
  does: "where to write (default: the pipeline's name, here)",
}
export const whyFlag: CommandFlag = { name: 'why', does: 'also what each statement is for, on stderr' }

/** `millrace iam`: what else there is. The prefix leaves `--queue`, `--region` and the like to pipelines' own parameters. */
export const iamFlags: readonly CommandFlag[] = [
  { name: 'iam-role', value: 'role', does: 'whose policy: function (default), schedule, pipeline, build, deploy or shift' },
  { name: 'iam-function', value: 'name|arn', does: 'the function: it writes logs; others start, deploy or move it' },
  { name: 'iam-hand-on', value: 'self|queue', does: 'how a load goes on that is longer than an invocation' },
  { name: 'iam-dead-letters', value: 'queue', does: 'where messages go that can never be run' },
  { name: 'iam-failures', value: 'queue', does: 'where events go that failed for good' },
  { name: 'iam-queue', value: 'queue', does: 'the queue that starts the function' },
  { name: 'iam-secret', value: 'arn', does: 'a secret that the pipeline reads' },
  { name: 'iam-key', value: 'arn', does: 'the KMS key of the environment or the secret' },
  { name: 'iam-bucket-key', value: 'arn', does: 'the KMS key that a bucket encrypts with by itself' },
  { name: 'iam-vpc', does: 'the function is in a VPC' },
  { name: 'iam-tracing', does: 'the function sends traces to X-Ray' },
  { name: 'iam-artifacts', value: 'bucket', does: 'where a delivery keeps its artifacts' },
  { name: 'iam-connection', value: 'arn', does: 'the connection to the repository' },
  { name: 'iam-project', value: 'name|arn', does: 'the project of CodeBuild' },
  { name: 'iam-deployment', value: 'app/group', does: 'the application and deployment group of CodeDeploy' },
  { name: 'iam-region', value: 'region', does: 'of what is named without one (default: any)' },
  { name: 'iam-account', value: 'id', does: 'the same for the account' },
]
export const yesFlag: CommandFlag = { name: 'yes', does: 'do not ask' }

/** `millrace rejects`: which ones. The prefix leaves `--group`, `--stage`, `--limit` and the like to pipelines' own parameters. */
export const rejectFlags: readonly CommandFlag[] = [
  { name: 'reject-load', value: 'id', does: 'of this load' },
  { name: 'reject-group', value: 'group', does: 'of this group' },
  { name: 'reject-split', value: 'id', does: 'of this split' },
  { name: 'reject-stage', value: 'stage', does: 'rejected by this step (validate, or 2 validate), by source or by sink' },
  { name: 'reject-issue', value: 'code', does: 'with an issue of this code, such as ETL_RECORD_INVALID' },
  { name: 'reject-reason', value: 'text', does: 'with exactly this reason' },
]
export const rejectLimitFlag: CommandFlag = {
  name: 'reject-limit',
  value: 'n',
  does: 'how many are shown at most (default 20; with --ndjson all)',
}
export const byLoadFlag: CommandFlag = { name: 'by-load', does: 'count each load for itself' }
export const ndjsonFlag: CommandFlag = { name: 'ndjson', does: 'all of them, complete, as JSON: one line for each' }

/** Names no parameter may have as its flag: a pipeline takes the same parameters under every command. */
export const reservedFlags: ReadonlySet<string> = new Set(
  [
    ...runFlags,
    ...showFlags,
    ...rejectFlags,
    rejectLimitFlag,
    ndjsonFlag,
    byLoadFlag,
    paramsFlag,
    yesFlag,
    planFlag,
    whyFlag,
    ...iamFlags,
    { name: 'version' },
  ].map(flag => flag.name),
)
