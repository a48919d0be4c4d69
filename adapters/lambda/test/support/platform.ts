import { definePipeline, from, type Json, memoryState, type RunOptions } from '@millrace/etl-core'
import { memorySink, sinkAround, sourceAround, stateAround, virtualClock, type WrappedCall } from '@millrace/etl-testkit'
import { busEvent, sqsEvent, sqsRecord } from '@millrace/etl-testkit/lambda'
import { type HandOn, type LambdaContext, type LambdaOptions, lambdaHandler, type QueueAnswer } from '../../src/index.js'

/** How a load gets from one invocation to the next. */
export type Way = 'itself' | 'queue' | 'redelivery' | 'loop'

/** A load on a platform whose time is virtual. Durations are in milliseconds. */
export interface Scenario {
  readonly way: Way
  readonly budgetMs: number
  /** Batches of each split. */
  readonly splits: readonly number[]
  /** Splits that become visible together. */
  readonly splitsPerGroup: number
  readonly concurrency: number
  readonly sink: 'append' | 'replace' | 'merge' | 'inTransaction'
  /** How long a call takes. */
  durationOf(call: WrappedCall): number
  /** How long handing on takes. */
  handOnMs(): number
  /** Whether an attempt to hand on is refused. */
  handOnFails?(): boolean
  /** A process is killed so many milliseconds after it was invoked. */
  killedAfterMs?(): number | undefined
  /** How much the clock of an invocation's host is off. */
  skewMs?(): number
  /** The first event comes once more, so many milliseconds after the first time. */
  readonly againAfterMs?: readonly number[]
  /** All is done, and the first event comes for the last time. */
  whenDone?(): void
  readonly run?: Omit<RunOptions, 'state' | 'clock'>
  readonly options?: Omit<LambdaOptions, 'run' | 'handOn' | 'write'>
}

/** What came of it. */
export interface Outcome {
  /** What a reader sees. */
  readonly records: readonly string[]
  readonly invocations: number
  /** Invocations that were ended by the platform. */
  readonly cut: number
  /** Codes of errors that invocations ended with. */
  readonly errors: readonly string[]
  /** Their messages. */
  readonly messages: readonly string[]
  /** How often somebody had to start it again. */
  readonly startedAgain: number
  /** The first event once more, when all is done. */
  readonly after: unknown
}

/** Every record of a scenario. */
export const recordsOf = ({ splits }: Scenario): string[] =>
  splits.flatMap((batches, split) => Array.from({ length: batches }, (_, at) => `${split}.${at + 1}`))

const mostInvocations = 5_000

/** Plays a load to its end, as the platform does: what is handed on comes, what fails comes again, and who is too late is ended. */
export async function played(scenario: Scenario): Promise<Outcome> {
  const { way, budgetMs, sink: disposition } = scenario
  const clock = virtualClock()
  const stored = memoryState()
  const sink = memorySink<{ id: string }>({
    disposition: disposition === 'inTransaction' ? 'append' : disposition,
    cursor: disposition === 'inTransaction' ? 'inTransaction' : 'outside',
    publishes: disposition !== 'inTransaction',
    keyOf: ({ id }) => id,
  })
  const source = {
    name: 'simulated',
    capabilities: { resumable: true, rereads: 'same' as const },
    plan: async () => ({
      splits: scenario.splits.map((batches, split) => ({
        id: `split-${split}`,
        group: `group-${Math.floor(split / scenario.splitsPerGroup)}`,
        params: batches,
      })),
    }),
    async *read({ id, params }: { readonly id: string; readonly params: Json }, after: Json | undefined) {
      for (let at = Number(after ?? 0) + 1; at <= Number(params); at++)
        yield { records: [{ id: `${id.slice('split-'.length)}.${at}` }], cursor: at }
    },
  }
  let invocations = 0
  let cut = 0
  let startedAgain = 0
  const errors: string[] = []
  const messages: string[] = []
  const deliveries = new Set<Promise<void>>()

  /** One invocation in an execution environment of its own. */
  const invoke = async (event: unknown): Promise<{ readonly answer: unknown } | 'failed'> => {
    if (++invocations > mostInvocations) throw new Error('The load does not end.')
    let dead = false
    const around = async <V>(call: WrappedCall, act: () => Promise<V>): Promise<V> => {
      const lives = () => {
        if (dead) throw new Error('The process was ended.')
      }
      lives()
      const durationMs = scenario.durationOf(call)
      if (durationMs > 0) await clock.sleep(durationMs)
      lives()
      return act()
    }
    const skewMs = scenario.skewMs?.() ?? 0
    const own = {
      now: () => clock.now() + skewMs,
      setTimer: (act: () => void, ms: number) => clock.setTimer(() => (dead ? undefined : act()), ms),
    }
    const pipeline = definePipeline({
      name: 'simulated',
      triggers: { event: () => ({}) },
      build: () => from(sourceAround(source, around)).into(sinkAround(sink, around)),
    })
    const handOn: HandOn = {
      name: way,
      async send(next) {
        await clock.sleep(scenario.handOnMs())
        if (dead) throw new Error('The process was ended.')
        if (scenario.handOnFails?.()) throw new Error('AccessDeniedException')
        deliver(way === 'queue' ? { body: next } : next)
      },
    }
    const handler = lambdaHandler(pipeline, {
      ...scenario.options,
      ...(way === 'itself' || way === 'queue' ? { handOn } : {}),
      run: { concurrency: scenario.concurrency, ...scenario.run, state: stateAround(stored, around), clock: own },
      write(line) {
        const { level, error } = JSON.parse(line) as { level: string; error?: { code: string; message: string } }
        if (level !== 'ERROR') return
        errors.push(error?.code ?? line)
        messages.push(error?.message ?? line)
      },
    })
    const untilMs = clock.now() + budgetMs
    const context: LambdaContext = { awsRequestId: String(invocations), getRemainingTimeInMillis: () => untilMs - clock.now() }
    const killedMs = scenario.killedAfterMs?.()
    const ended = new Promise<'failed'>(resolve => {
      clock.setTimer(
        () => {
          dead = true
          resolve('failed')
        },
        Math.min(budgetMs, killedMs ?? budgetMs),
      )
    })
    const running = handler(event, context).then(
      answer => ({ answer }),
      () => 'failed' as const,
    )
    const end = await Promise.race([running, ended])
    if (dead && killedMs === undefined) cut++
    // A process that has answered may go on where it was, as one does that is used again.
    return end
  }

  let sent = 0
  const deliver = (event: unknown): void => {
    const delivery = delivered(event).finally(() => deliveries.delete(delivery))
    deliveries.add(delivery)
  }
  const delivered = async (given: unknown): Promise<void> => {
    await clock.sleep(20)
    const isMessage = way === 'queue' || way === 'redelivery'
    const id = `m${isMessage && given === first ? 1 : ++sent + 1}`
    let event = given
    // Asynchronous invocations and tasks are tried three times in all; a message comes until its queue gives it up.
    for (let failures = 0; failures < (isMessage ? 200 : 3); ) {
      const wrapped = isMessage ? sqsEvent(sqsRecord(id, isBody(event) ? event.body : event)) : event
      const end = await invoke(wrapped)
      if (end !== 'failed') {
        const failed = isMessage && (end.answer as QueueAnswer).batchItemFailures.length > 0
        if (!isMessage && isAgain(end.answer)) {
          event = end.answer.again
          failures = 0
          continue
        }
        if (!failed) return
      }
      failures++
      await clock.sleep(isMessage ? budgetMs : 60_000 * failures)
    }
  }
  const first: unknown = way === 'itself' ? busEvent() : way === 'loop' ? { millrace: { loadId: 'loop 1' } } : { body: {} }

  const play = async () => {
    deliver(first)
    for (const ms of scenario.againAfterMs ?? []) clock.setTimer(() => deliver(first), ms)
    const wanted = recordsOf(scenario).length
    for (;;) {
      while (deliveries.size > 0) await Promise.all(deliveries)
      if (sink.visible().length >= wanted || startedAgain >= 20 || errors.includes('ETL_NO_PROGRESS')) break
      startedAgain++
      deliver(first)
    }
    // The later ones of the same event, and once more when all is done.
    await clock.sleep(Math.max(0, ...(scenario.againAfterMs ?? [])))
    while (deliveries.size > 0) await Promise.all(deliveries)
    scenario.whenDone?.()
    const last = await invoke(way === 'itself' || way === 'loop' ? first : sqsEvent(sqsRecord('m1', {})))
    return last === 'failed' ? last : last.answer
  }
  const after = await clock.until(play())
  return { records: sink.visible().map(({ id }) => id), invocations, cut, errors, messages, startedAgain, after }
}

const isAgain = (answer: unknown): answer is { readonly again: unknown } =>
  typeof answer === 'object' && answer !== null && 'again' in answer

const isBody = (event: unknown): event is { readonly body: unknown } =>
  typeof event === 'object' && event !== null && 'body' in event
