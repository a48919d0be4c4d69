import { readFile } from 'node:fs/promises'
import { definePipeline, from, memoryState } from '@millrace/etl-core'
import { memorySink } from '@millrace/etl-testkit'
import { lambdaHandler } from '@millrace/lambda'
import validate from 'asl-validator'
import { expect, it } from 'vitest'

interface State {
  readonly Type: 'Task' | 'Choice' | 'Pass' | 'Succeed'
  readonly Next?: string
  readonly InputPath?: string
  readonly Choices?: readonly [{ readonly Variable: string; readonly StringEquals: string; readonly Next: string }]
  readonly Default?: string
}
interface Machine {
  readonly StartAt: string
  readonly States: Readonly<Record<string, State>>
}

const machine = JSON.parse(await readFile(new URL('machine.json', import.meta.url), 'utf8')) as Machine
const at = (value: unknown, path: string) => (value as Record<string, unknown>)[path.replace('$.', '')]

/** The four kinds of states that are in it. */
async function executed(input: unknown, task: (payload: unknown) => Promise<unknown>): Promise<unknown> {
  let value = input
  for (let name: string | undefined = machine.StartAt; name !== undefined; ) {
    const state: State = machine.States[name] as State
    if (state.Type === 'Task') value = JSON.parse(JSON.stringify(await task(value)))
    if (state.Type === 'Pass') value = at(value, state.InputPath as string)
    const choice: Machine['States'][string]['Choices'] = state.Choices
    const chosen: boolean = choice !== undefined && at(value, choice[0].Variable) === choice[0].StringEquals
    name = choice === undefined ? state.Next : chosen ? choice[0].Next : state.Default
  }
  return value
}

it('the state machine is one that Step Functions takes', async () => {
  expect(await validate(machine)).toMatchObject({ isValid: true })
  expect(await validate({ ...machine, StartAt: 'Nowhere' })).toMatchObject({ isValid: false })
})

it('a load goes round in it until it is done', async () => {
  let nowMs = Date.UTC(2026, 2, 1)
  const sink = memorySink<number>({ disposition: 'append' })
  const pipeline = definePipeline({
    name: 'slow',
    build: () =>
      from<number>({
        ...{ name: 'slow', capabilities: { resumable: true, rereads: 'same' as const } },
        plan: async () => ({ splits: [{ id: 'all', params: null }] }),
        async *read(_split, after) {
          for (let value = Number(after ?? 0) + 1; value <= 20; value++) {
            nowMs += 1_000
            yield { records: [value], cursor: value }
          }
        },
      }).into(sink),
  })
  const run = { state: memoryState(), clock: { now: () => nowMs }, flushEvery: { batches: 1, intervalMs: 60_000 } }
  const handler = lambdaHandler(pipeline, { run, write: () => undefined })
  let passes = 0

  const end = await executed({}, async payload => {
    const untilMs = nowMs + 8_000
    return handler(payload as object, { awsRequestId: `${++passes}`, getRemainingTimeInMillis: () => untilMs - nowMs })
  })

  expect(end).toMatchObject({ status: 'succeeded' })
  expect(passes).toBeGreaterThan(3)
  expect(sink.visible()).toEqual(Array.from({ length: 20 }, (_, at) => at + 1))
})
