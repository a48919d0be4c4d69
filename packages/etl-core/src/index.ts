export type { Access, PartAccess } from './access.js'
export type { Batch, Rows, SourceBatch, Unreadable } from './batch.js'
export { recordsOf, rowsOf } from './batch.js'
export type { Connect } from './connect.js'
export { connectWith } from './connect.js'
export type {
  Connector,
  ObjectSinkOptions,
  ObjectSourceOptions,
  ObjectsConnector,
  ObjectsPlace,
  Place,
  SqlConnector,
  SqlPlace,
  StateConnector,
  StatePlace,
} from './connector.js'
export type { DamagedRejects } from './damaged-rejects.js'
export type { ErrorJson, EtlErrorOptions, RetryVerdict } from './errors.js'
export {
  ConfigError,
  EtlError,
  errorJson,
  isEtlError,
  isRecordError,
  isStopError,
  RecordError,
  retryOf,
  SinkError,
  SourceError,
  StateError,
  StopError,
} from './errors.js'
export type { AtOnce, Flat, Flow, FlowParts, Renamed } from './flow.js'
export { from } from './flow.js'
export type { FlowRunnable } from './flow-runnable.js'
export type { Follower, NamedFollower } from './follower.js'
export { follow } from './follower.js'
export type { Assembly, DecodeOptions, Format, FormatInput, UnitEncoder, UnitEnd, UnitReceipt } from './format.js'
export type { Guarantee } from './guarantee.js'
export { guaranteeOf } from './guarantee.js'
export type { Json } from './json.js'
export { canonicalJson, hashOf, toJson } from './json.js'
export type { Lease } from './lease.js'
export type { Clock, Load, Logger, RunContext, SplitContext, SplitProgress } from './load.js'
export { silentLog, systemClock } from './load.js'
export type { LoadDoc, ReplayDoc } from './load-state.js'
export { move } from './move.js'
export type { MoveOptions } from './move-runnable.js'
export type { StartNext } from './next.js'
export type { OwnerIdentity } from './owner.js'
export { thisProcess } from './owner.js'
export { parseParams } from './params.js'
export type { NoParams, Pipeline, PipelineDefinition } from './pipeline.js'
export { definePipeline, isPipeline } from './pipeline.js'
export { parsePlace } from './place.js'
export type { Preview, PreviewedGroup } from './preview.js'
export { preview } from './preview.js'
export type { OnEvent, RunEvent, RunEventBody, Unstamped } from './progress.js'
export type { RateLimit } from './rate-limit.js'
export { rateLimit } from './rate-limit.js'
export type { Issue, Reject } from './reject.js'
export type { RejectFilter } from './rejects.js'
export type { Counts, FollowerReport, GroupReport, RejectSample, RunReport, RunStatus, SplitReport } from './report.js'
export { addCounts, errorsOf, noCounts, overallStatus } from './report.js'
export type { Requests } from './requests.js'
export { countRequest, requestCounter } from './requests.js'
export type { RetryOptions, WithRetryOptions } from './retry.js'
export { withRetry } from './retry.js'
export type { ParamsOf } from './run.js'
export { replayRejects, run, runBuilt } from './run.js'
export type { RunOptions } from './run-options.js'
export type { Explanation, Runnable, RunnerContext, RunSettings } from './runnable.js'
export type {
  FlowFacts,
  Group,
  Published,
  PublishedObject,
  ReadBack,
  RefusedRow,
  Sink,
  SinkCapabilities,
  SinkWriter,
  StateHome,
  StoredForm,
  WriteResult,
} from './sink.js'
export type { Removal, Source, SourceCapabilities } from './source.js'
export type { Bookmark, Checkpoint, Cursor, FailedGroup, Plan, SkippedGroup, Split } from './split.js'
export { groupOf, splitId } from './split.js'
export type { StateDocument, StateStore } from './state.js'
export { memoryState, stateConflict } from './state.js'
export { discardRejects, inspectState, listRejects, resetState } from './state-calls.js'
export type { SplitSummary, StateSummary } from './state-view.js'
export type { Cast, CastOutput, CastTypes } from './steps/cast.js'
export { castValue } from './steps/cast.js'
export type { CustomStep } from './steps/row.js'
export type { Step, StepContext, StepRows, StepRun } from './steps/step.js'
export type { ValidateOptions } from './steps/validate.js'
export type {
  CutOff,
  RelatedTable,
  RelatedTablesOptions,
  TableHistory,
  TableSinkOptions,
  TableSourceOptions,
} from './table-options.js'
export { tee } from './tee.js'
export type { BusEvent, MessageEvent, ObjectEvent, RequestEvent, ScheduleEvent, Triggers } from './triggers.js'
export type { ViewContext, ViewStep } from './views/chain.js'
export type { Column, FieldTable, LateColumns } from './views/late-columns.js'
export { wholeTable } from './views/late-columns.js'
export type { OpenBlock } from './views/open-block.js'
export { delay, orAborted } from './wait.js'
