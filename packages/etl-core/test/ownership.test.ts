import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { definePipeline, from, inspectState, isEtlError, resetState, run, thisProcess } from '../src/index.js'
import {
  documents,
  dyingState,
  eager,
  keysLeft,
  memoryState,
  movedClock,
  numbers,
  parts,
  runNumbers,
  standstill,
  table,
  untilDeath,
} from './world.js'

/** A process id that no process has: Linux hands out none this high. */
const deadPid = 0x3fffffff
const elsewhere = { host: 'elsewhere', space: 'other', pid: 7, processStart: 1 }

/** A killed process that its parent never asks about, as below the first process of a container that is no init. */
async function killedUnderABadParent() {
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 61'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const pid = Number((await once(parent.stdout, 'data'))[0])
  // The shell would ask; what it becomes does not.
  await expect.poll(() => readFileSync(`/proc/${parent.pid}/cmdline`, 'latin1')).toBe('sleep\0' + '61\0')
  process.kill(pid, 'SIGKILL')
  const fields = () => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  await expect.poll(() => fields()[0]).toBe('Z')
  return { pid, processStart: Number(fields()[19]), [Symbol.dispose]: () => void parent.kill('SIGKILL') }
}

/** A run that stands still in the middle of its first split until it is let go. */
function standing(options: Parameters<typeof runNumbers>[2] = {}, state = memoryState()) {
  const { here, go, stand } = standstill()
  const before = (_: string, at: number) => (at === 2 ? stand() : undefined)
  const ends = parts()
  const running = runNumbers(numbers({ splits: { a: [1, 2, 3, 4] }, bookmark: 'old', before }).source, ends.sink, {
    ...options,
    state,
  })
  running.catch(() => undefined)
  return { state, running, here, go, ...ends }
}

/** Holds a split up at its second batch. */
function gated(name: string) {
  const { here, go, stand } = standstill()
  return { here, go, before: (split: string, at: number) => (split === name && at === 2 ? stand() : undefined) }
}

describe('one owner', () => {
  it('a second run at once ends with a conflict that names host, process and since when', async () => {
    const { state, here, go, running } = standing()
    await here

    const second = runNumbers(numbers({ splits: { a: [9] } }).source, parts().sink, { state })

    await expect(second).rejects.toMatchObject({ code: 'ETL_STATE_CONFLICT', context: { host: hostname(), pid: process.pid } })
    await expect(second).rejects.toThrow(/being run by process \d+ on .+ since \d{4}-/)
    go()
    expect((await running).status).toBe('succeeded')
  })

  it('a second run waits for a live owner as long as it is told to, then goes on', async () => {
    const { state, here, go } = standing()
    await here
    const { sink, published } = parts()

    const second = runNumbers(numbers({ splits: { a: [1, 2, 3, 4] }, bookmark: 'new' }).source, sink, { state, waitMs: 5_000 })
    setTimeout(go, 20)

    expect((await second).status).toBe('succeeded')
    expect(published).toEqual({ a: [1, 2, 3, 4] })
  })

  it('a dead process on the same host is succeeded at once', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    const dying = dyingState(state, 4)
    const dead = { ...thisProcess(), pid: deadPid }
    const source = () => numbers({ splits: { a: [1, 2, 3, 4] } }).source
    await untilDeath(runNumbers(source(), sink, { state: dying.state, owner: dead }), dying.died)

    const report = await runNumbers(source(), sink, { state })

    expect(report).toMatchObject({ status: 'succeeded', attempt: 2 })
    expect(published).toEqual({ a: [1, 2, 3, 4] })
  })

  it.skipIf(!existsSync('/proc/self/stat'))(
    'a killed process that its parent does not ask about is succeeded at once',
    async () => {
      using killed = await killedUnderABadParent()
      const { pid, processStart } = killed
      const state = memoryState()
      const dying = dyingState(state, 4)
      const source = () => numbers({ splits: { a: [1, 2, 3, 4] } }).source
      const owner = { ...thisProcess(), pid, processStart }
      await untilDeath(runNumbers(source(), parts().sink, { state: dying.state, owner }), dying.died)

      expect(await runNumbers(source(), parts().sink, { state })).toMatchObject({ status: 'succeeded', attempt: 2 })
    },
  )

  it('another host is succeeded only after its lease expired', async () => {
    const state = memoryState()
    const clock = movedClock()
    const { sink } = parts()
    const dying = dyingState(state, 4)
    const source = () => numbers({ splits: { a: [1, 2, 3, 4] } }).source
    await untilDeath(runNumbers(source(), sink, { state: dying.state, owner: elsewhere, clock }), dying.died)

    const early = runNumbers(source(), sink, { state, clock })
    await expect(early).rejects.toMatchObject({ code: 'ETL_STATE_CONFLICT', context: { host: 'elsewhere' } })
    clock.advance(30_001)

    expect((await runNumbers(source(), sink, { state, clock })).status).toBe('succeeded')
  })

  it('a paused owner that comes back writes nothing more and makes nothing visible', async () => {
    const clock = movedClock()
    const paused = standing({ owner: elsewhere, clock, leaseMs: 3_600_000 })
    await paused.here
    clock.advance(3_600_001)
    const { sink, published } = parts()
    const successor = await runNumbers(numbers({ splits: { a: [1, 2, 3, 4] }, bookmark: 'new' }).source, sink, {
      state: paused.state,
      clock,
    })
    const before = await inspectState(paused.state)

    paused.go()

    await expect(paused.running).rejects.toMatchObject({ code: 'ETL_STATE_CONFLICT' })
    expect(successor.status).toBe('succeeded')
    expect(published).toEqual({ a: [1, 2, 3, 4] })
    expect(paused.calls.filter(call => call.startsWith('publish'))).toEqual([])
    expect(await inspectState(paused.state)).toEqual(before)
  })

  it('a paused owner that comes back while publishing makes nothing more visible', async () => {
    const state = memoryState()
    const clock = movedClock()
    // The paused process's own clock stood still, so that nothing but the look at the head before each publish can stop it.
    const stopped = movedClock()
    const splits = { a: [1], b: [2] }
    const old = parts()
    const { here, go, stand } = standstill()
    const pausing = {
      ...old.sink,
      publish: async (...args: Parameters<NonNullable<typeof old.sink.publish>>) => {
        await stand()
        return old.sink.publish?.(...args) ?? {}
      },
    }
    const paused = runNumbers(numbers({ splits, bookmark: 'old' }).source, pausing, { state, clock: stopped, owner: elsewhere })
    paused.catch(() => undefined)
    await here
    clock.advance(3_600_000)
    await runNumbers(numbers({ splits, bookmark: 'old' }).source, parts().sink, { state, clock })

    go()

    await expect(paused).rejects.toMatchObject({ code: 'ETL_STATE_CONFLICT' })
    expect(old.calls.filter(call => call.startsWith('publish'))).toEqual(['publish a'])
  })

  it('a paused owner that comes back takes no split from its successor', async () => {
    const clock = movedClock()
    const splits = { a: [1, 2, 3, 4], b: [5, 6, 7, 8] }
    const state = memoryState()
    const [first, second] = [gated('a'), gated('b')]
    const zombie = runNumbers(numbers({ splits, before: first.before }).source, parts().sink, {
      state,
      clock,
      owner: elsewhere,
      concurrency: 1,
    })
    zombie.catch(() => undefined)
    await first.here
    clock.advance(3_600_000)
    const successor = runNumbers(numbers({ splits, before: second.before }).source, parts().sink, { state, clock })
    await second.here
    const held = await documents(state)

    first.go()
    await expect(zombie).rejects.toMatchObject({ code: 'ETL_STATE_CONFLICT' })

    expect(await documents(state)).toEqual(held)
    second.go()
    expect((await successor).status).toBe('succeeded')
  })

  it('renews its lease while it works and notices when another run has taken over', async () => {
    const clock = movedClock()
    const slow = standing({ owner: elsewhere, clock, leaseMs: 30 })
    await slow.here
    clock.advance(1_000)
    await new Promise(resolve => setTimeout(resolve, 40))

    const owner = (await inspectState(slow.state, clock.now())).owner

    expect(owner?.until).toBe(new Date(clock.now() + 30).toISOString())
    slow.go()
    expect((await slow.running).status).toBe('succeeded')
  })

  it('of two runs that plan the same load one publishes and the other sees what there is', async () => {
    const state = memoryState()
    const { sink, published, calls } = parts()
    const run = () => runNumbers(numbers({ splits: { a: [1, 2, 3] }, bookmark: 'm' }).source, sink, { state, waitMs: 2_000 })

    const reports = await Promise.all([run(), run()])

    expect(reports.map(({ status }) => status).sort()).toEqual(['succeeded', 'unchanged'])
    expect(calls.filter(call => call === 'publish a')).toHaveLength(1)
    expect(published).toEqual({ a: [1, 2, 3] })
  })

  it('gives ownership back whatever happens', async () => {
    const state = memoryState()
    const { sink } = parts()
    const broken = { ...sink, publish: () => Promise.reject(new Error('no')) }

    const report = await runNumbers(numbers({ splits: { a: [1] } }).source, broken, { state })

    expect(report.status).toBe('failed')
    expect((await inspectState(state)).owner).toBeNull()
  })
})

describe('overlapping loads', () => {
  const overlapping = (source: ReturnType<typeof numbers>['source'], sink: ReturnType<typeof table>['sink']) =>
    definePipeline({ name: 'numbers', overlap: 'allow', build: () => from(source).into(sink) })

  it('run at the same time where the sink keeps the cursor in its transaction, and leave only their marks', async () => {
    const state = memoryState()
    const { sink, rows } = table()
    const slow = gated('a')
    const first = run(
      overlapping(numbers({ splits: { a: [1, 2, 3, 4] }, before: slow.before }).source, sink),
      {},
      { ...eager, state, loadId: 'one' },
    )
    await slow.here

    const second = await run(overlapping(numbers({ splits: { a: [5, 6] } }).source, sink), {}, { ...eager, state, loadId: 'two' })
    slow.go()

    expect(second.status).toBe('succeeded')
    expect((await first).status).toBe('succeeded')
    expect([...rows].sort()).toEqual([1, 2, 3, 4, 5, 6])
    expect(await keysLeft(state)).toEqual(['done/<day>/one', 'done/<day>/two', 'swept'])
  })

  it('of one trigger still take turns', async () => {
    const state = memoryState()
    const { sink } = table()
    const slow = gated('a')
    const first = run(
      overlapping(numbers({ splits: { a: [1, 2, 3, 4] }, before: slow.before }).source, sink),
      {},
      { ...eager, state, loadId: 'one' },
    )
    await slow.here

    const again = run(overlapping(numbers({ splits: { a: [1] } }).source, sink), {}, { ...eager, state, loadId: 'one' })

    await expect(again).rejects.toMatchObject({ code: 'ETL_STATE_CONFLICT' })
    slow.go()
    expect((await first).status).toBe('succeeded')
  })

  it('are refused into a sink that replaces objects', async () => {
    const pipeline = definePipeline({
      name: 'x',
      overlap: 'allow',
      build: () => from(numbers({ splits: {} }).source).into(parts().sink),
    })

    await expect(run(pipeline, {}, { state: memoryState() })).rejects.toMatchObject({ code: 'ETL_CONFIG_INVALID' })
  })
})

describe('a load that cannot be begun', () => {
  it('gives ownership back: the same process can try again at once', async () => {
    const state = memoryState()
    const { sink } = parts()
    const blind = { ...sink, survey: () => Promise.reject(new Error('no look')) }
    const first = runNumbers(numbers({ splits: { a: [1] } }).source, blind, { state })
    await expect(first).rejects.toThrow('no look')

    const report = await runNumbers(numbers({ splits: { a: [1] } }).source, sink, { state })

    expect(report.status).toBe('succeeded')
  })
})

describe('state, looked at from outside', () => {
  it('shows owner, unfinished load, its splits and the rejects', async () => {
    const { state, here, go, running } = standing()
    await here

    await expect.poll(async () => (await inspectState(state)).load?.splits[0]?.batchNo).toBe(1)
    const summary = await inspectState(state)

    expect(summary).toMatchObject({ epoch: 1, owner: { pid: process.pid, alive: true }, groups: {}, rejects: [] })
    expect(summary.load?.splits).toMatchObject([{ split: 'a', status: 'begun', batchNo: 1, counts: { read: 2 } }])
    go()
    await running
  })

  it('is reset to nothing but its epoch, and never under a live run', async () => {
    const { state, here, go, running } = standing()
    await here
    const refused = resetState(state, 'numbers', 'memory').catch(error => isEtlError(error, 'ETL_STATE_CONFLICT'))
    expect(await refused).toBe(true)
    go()
    await running

    await resetState(state, 'numbers', 'memory')

    expect(await inspectState(state)).toMatchObject({ epoch: 2, owner: null, load: null, groups: {}, rejects: [] })
  })
})
