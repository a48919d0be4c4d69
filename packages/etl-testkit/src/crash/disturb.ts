import assert from 'node:assert/strict'
import {
  type Clock,
  inspectState,
  isEtlError,
  SinkError,
  SourceError,
  StateError,
  type StateStore,
  type StateSummary,
} from '@millrace/etl-core'
import type { WrappedCall } from '../around.js'
import { settlesWithin } from '../compare.js'
import { type CallMoment, type Life, type LifePlan, oneLife } from './life.js'
import { endingOf, isDone, type Story, type Told } from './story.js'
import { type CrashKind, type CrashWorld, onlooker } from './world.js'

/** A world's story, what can be asked of it, and time as its processes see it. */
export interface Stage {
  readonly story: Story
  /** State as someone outside opens it. */
  state(): Promise<StateStore>
  /** Throws when a reader sees what no reader may ever see. */
  always(): Promise<void>
  readonly clock: Clock
  /** Lets every lease run out. */
  passTime(): void
}

/** Longer than any ownership holds. */
const longMs = 24 * 3_600_000
/** A dead run that does not end is left alone after this. */
const deadEndsWithinMs = 5_000
/** Far longer than any run of a test takes, also against a place and on a busy machine. */
const endsWithinMs = 60_000

/** A stage over a world: the computer's clock, which can be put forward. */
export function stageOf<T, U>(world: CrashWorld<T, U>, story: Story): Stage {
  let aheadMs = 0
  return {
    story,
    state: async () => (await world.open(onlooker)).state,
    always: async () => world.always?.(),
    clock: { now: () => Date.now() + aheadMs },
    passTime() {
      aheadMs += longMs
    },
  }
}

/**
 * Lets one process begin and something happen to it, and the next go on to the end. Throws what is wrong on the way; what is left in the
 * end the caller compares.
 */
export async function disturb(stage: Stage, kind: CrashKind, moment: CallMoment, life: Life, alarm?: Alarm): Promise<void> {
  if (alarm) return kind === 'pause' ? pause(stage, life, alarm) : company(stage, life, alarm)
  const first = await endOf(stage.story.goOn({ life, turn: 1, clock: stage.clock }), life)
  await stage.always()
  if (kind === 'stop') assertStopped(first, life)
  if (kind === 'failure') await assertOthersPublished(stage, first, life.calls[moment.call - 1])
  await goOnAlone(stage)
}

/** A process and what is to happen to it; those that sleep come with what wakes them. */
export function lifeFor(kind: CrashKind, moment: CallMoment): { readonly life: Life; readonly alarm?: Alarm } {
  if (kind !== 'pause' && kind !== 'company') return { life: oneLife(planOf(kind, moment)) }
  const alarm = newAlarm()
  return { alarm, life: oneLife({ sleep: { call: moment.call, until: alarm.until, asleep: alarm.fellAsleep } }) }
}

function planOf(kind: CrashKind, moment: CallMoment): LifePlan {
  if (kind === 'crash') return { death: moment }
  if (kind === 'stop') return { stopBefore: moment.call }
  return { mishap: { ...moment, error: kind === 'outage' ? away : broken } }
}

/** The next process does what is left, and plans nothing that was decided before. */
async function goOnAlone(stage: Stage, machine?: string): Promise<void> {
  if (stage.story.ended) return
  const decided = await isDecided(stage)
  const life = oneLife()
  const told = await stage.story.goOn({ life, turn: 2, clock: stage.clock, ...(machine === undefined ? {} : { machine }) })
  assert.ok(stage.story.ended, `the next run ended as ${told.report ? endingOf(told.report) : 'nothing'}`)
  const plannedAgain = life.calls.slice(0, told.firstActCalls).some(({ on, name }) => on === 'source' && name === 'plan')
  assert.ok(!decided || !plannedAgain, 'a load that was planned before was planned again')
}

/** It sleeps so long that its ownership is over; another machine does the work; then it wakes. What it says then is of no interest. */
async function pause(stage: Stage, life: Life, alarm: Alarm): Promise<void> {
  const running = stage.story.goOn({ life, turn: 1, machine: 'machine-1', clock: stage.clock })
  await Promise.race([alarm.asleep, endOf(running, life)])
  try {
    stage.passTime()
    await goOnAlone(stage, 'machine-2')
    await stage.always()
  } finally {
    alarm.ring()
    await endOf(running, life)
  }
}

/** While it is held up another machine begins the same: refused where the first owns the state, and harmless where it does not yet. */
async function company(stage: Stage, life: Life, alarm: Alarm): Promise<void> {
  const running = stage.story.goOn({ life, turn: 1, machine: 'machine-1', clock: stage.clock })
  await Promise.race([alarm.asleep, endOf(running, life)])
  let second: Outcome
  let owned: boolean
  try {
    owned = (await summaryOf(stage)).owner !== null
    second = await outcomeOf(stage.story.goOn({ life: oneLife(), turn: 2, machine: 'machine-2', clock: stage.clock }))
  } finally {
    alarm.ring()
  }
  const first = await outcomeOf(running)
  const refused = 'error' in second && isEtlError(second.error, 'ETL_STATE_CONFLICT')
  assert.equal(refused, owned, owned ? 'a second run was let in beside its owner' : 'a second run was refused, and nobody owned')
  if ('error' in first) throw first.error
  assert.ok(stage.story.ended, `the first run ended as ${first.told.report ? endingOf(first.told.report) : 'nothing'}`)
}

type Outcome = { readonly told: Told } | { readonly error: unknown }

const outcomeOf = (running: Promise<Told>): Promise<Outcome> =>
  running.then(
    told => ({ told }),
    (error: unknown) => ({ error }),
  )

/** A dead run's promise ends by itself, as every call it makes is refused; whatever it says is of no interest. */
async function endOf(running: Promise<Told>, life: Life): Promise<Outcome | undefined> {
  if (await settlesWithin(running, deadEndsWithinMs)) return outcomeOf(running)
  if (!life.dead && (await settlesWithin(running, endsWithinMs))) return outcomeOf(running)
  if (!life.dead) throw new Error(`The run did not end within ${endsWithinMs / 1000} seconds.`)
  return undefined
}

/** Stopping is not failing: the report says so, and writers are suspended. */
function assertStopped(first: Outcome | undefined, life: Life): void {
  if (first && 'error' in first) throw first.error
  const report = first?.told.report
  assert.ok(
    report && (report.status === 'stopped' || isDone(report)),
    `a run that was told to stop ended as ${report && endingOf(report)}`,
  )
  const aborted = life.calls.find(({ on, name }) => on === 'writer' && name === 'abort')
  assert.equal(aborted, undefined, `a run that was told to stop aborted the writer of split ${aborted?.about}`)
}

/** A batch asked for is about a split, one written about a split and its number. */
const splitIn = (call: WrappedCall | undefined): string | undefined => call?.about.split(' ')[0]

/** One split failed: the groups of the others are published, and state knows it. */
async function assertOthersPublished(stage: Stage, first: Outcome | undefined, call: WrappedCall | undefined): Promise<void> {
  if (first && 'error' in first) throw first.error
  const report = first?.told.report
  assert.equal(report?.status, 'failed', `a run with a split that failed ended as ${report && endingOf(report)}`)
  const failed = report?.splits.find(({ split }) => split === splitIn(call))?.group
  const known = Object.keys((await summaryOf(stage)).groups)
  for (const { group, status } of report?.groups ?? []) {
    if (group === failed || status === 'unchanged' || status === 'no data') continue
    assert.equal(status, 'published', `group ${group} is ${status}, because a split of group ${failed} failed`)
    assert.ok(known.includes(group), `the bookmark of group ${group} was not kept, because a split of group ${failed} failed`)
  }
}

const summaryOf = async (stage: Stage): Promise<StateSummary> => inspectState(await stage.state(), stage.clock.now())

/** An unfinished load has its plan. */
async function isDecided(stage: Stage): Promise<boolean> {
  if ((await summaryOf(stage)).load === null) return false
  for await (const key of (await stage.state()).list('loads/')) if (key.endsWith('/plan')) return true
  return false
}

/** Wakes a process that sleeps. */
export interface Alarm {
  readonly until: Promise<void>
  readonly asleep: Promise<void>
  ring(): void
  fellAsleep(): void
}

function newAlarm(): Alarm {
  let ring = () => {}
  let fellAsleep = () => {}
  const until = new Promise<void>(resolve => {
    ring = resolve
  })
  const asleep = new Promise<void>(resolve => {
    fellAsleep = resolve
  })
  return { until, asleep, ring: () => ring(), fellAsleep: () => fellAsleep() }
}

/** A passing error, of the kind the called part would throw. */
function away({ on, name }: WrappedCall): Error {
  const what = `the test lets ${on}.${name} fail once`
  const reading = on === 'source' || (on === 'objects' && ['get', 'head', 'list'].includes(name))
  if (on === 'state') return new StateError('ETL_STATE_UNAVAILABLE', what, { retry: 'later' })
  return reading
    ? new SourceError('ETL_SOURCE_UNAVAILABLE', what, { retry: 'later' })
    : new SinkError('ETL_SINK_UNAVAILABLE', what, { retry: 'later' })
}

/** What code that is wrong throws. */
const broken = ({ on, name, about }: WrappedCall): Error => new Error(`the test breaks ${on}.${name} of ${about}`)
