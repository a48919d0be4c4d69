import { definePipeline, from, listRejects, memoryState, type Reject, run } from '@millrace/etl-core'
import { describe, expect, it } from 'vitest'
import { plants, plausibleReading } from '../src/index.js'
import { byKey, museum, quick, serve } from './helpers.js'

const minuteMs = 60_000

describe('a run', () => {
  it('counts faults, holes and loans apart, and calls neither holes nor loans rejects', async () => {
    const server = await serve()
    server.failPlant(12, 'sensorFault', 2)

    const report = await museum(server, { knownIds: 50 }).run()

    expect(report).toMatchObject({
      status: 'succeeded',
      counts: { read: 48, written: 48, rejected: 0, retries: 2, source: { faults: 2, holes: 1, loans: 1 } },
    })
  })

  it('delivers exactly once where a sink merges by plant and time', async () => {
    const report = await museum(await serve({ plants: 2 })).run()

    expect(report.guarantee.delivery).toBe('exactly once')
  })

  it('of the same minute again adds nothing, and of the next one adds a reading of each plant', async () => {
    const server = await serve()
    const { run, sink } = museum(server)

    await run()
    const once = [...sink.visible()]
    await run()
    expect(sink.visible()).toEqual(once)

    server.advance(minuteMs)
    await run()
    expect(sink.visible()).toHaveLength(96)
  })

  it.each([1, 2, 3] as const)('of generation %i with all that is dirty and flaky loads every plant', async generation => {
    const server = await serve({ generation, dirty: true, faultRate: 0.05 })
    const { run, sink } = museum(server, { retry: { attempts: 8, firstMs: 1, maxMs: 2 } })

    const report = await run()

    expect(report.counts).toMatchObject({ written: 48, rejected: 0, source: { holes: 1, loans: 1 } })
    expect(report.counts.source?.faults).toBeGreaterThan(0)
    expect(new Set(sink.visible().map(reading => reading.plant_id)).size).toBe(48)
  })

  it('keeps what is not plausible as rejects with the reason, the answer as it was read', async () => {
    const server = await serve({ dirty: true })
    server.alter(3, body => ({ ...body, temperature: 93.7 }))
    const state = memoryState()
    const sink = byKey()
    const build = () =>
      from(plants(quick(server)))
        .validate(plausibleReading())
        .into(sink)

    const report = await run(definePipeline({ name: 'plants', build }), {}, { state })

    expect(report.counts).toMatchObject({ read: 48, written: 45, rejected: 3 })
    expect(report.rejects.byReason).toEqual({
      'soil_moisture: is not within 0 to 100 %': 2,
      'temperature: is not within -10 to 60 degrees': 1,
    })
    const rejects: Reject[] = []
    for await (const reject of listRejects(state)) rejects.push(reject)
    expect(rejects.map(({ position, stage }) => [position, stage])).toEqual([
      [{ plant_id: 3 }, '1 validate'],
      [{ plant_id: 16 }, '1 validate'],
      [{ plant_id: 47 }, '1 validate'],
    ])
    expect(rejects[0]?.raw).toMatchObject({ plant_id: 3, temperature: 93.7 })
  })

  it('keeps an answer with an impossible time as a reject, as it was read', async () => {
    const server = await serve({ plants: 3, now: '2026-03-29T01:30:30Z' })
    server.alter(2, body => ({ ...body, recording_taken: '2026-03-29T01:30:00' }))
    const state = memoryState()
    const build = () => from(plants(quick(server))).into(byKey())

    const report = await run(definePipeline({ name: 'plants', build }), {}, { state })

    expect(report.counts).toMatchObject({ read: 3, written: 2, rejected: 1 })
    for await (const { raw, stage, reason } of listRejects(state)) {
      expect([stage, reason]).toEqual(['source', expect.stringMatching(/^recording_taken: .*did not happen/)])
      expect(raw).toMatchObject({ plant_id: 2, recording_taken: '2026-03-29T01:30:00' })
    }
  })

  it('finds a plant that was bought, and asks for it first from then on', async () => {
    const server = await serve({ plants: 20 })
    const { run, sink } = museum(server)
    await run()
    server.plants = 22
    server.advance(minuteMs)
    await run()
    const before = server.requests.length

    const report = await run()

    expect(sink.visible().filter(reading => reading.plant_id > 20)).toHaveLength(2)
    expect(report.splits.map(({ split }) => split.replace(/-[0-9a-f]{12}$/, ''))).toEqual(['plants-1-22', 'plants-from-23'])
    expect(server.requests.slice(before)).toHaveLength(27)
  })

  it('still asks for plants behind a gap that has grown since they were first seen', async () => {
    const server = await serve({ plants: 12, holes: [] })
    const { run, sink } = museum(server)
    await run()
    for (const id of [4, 5, 6, 7, 8, 9]) server.failPlant(id, { status: 404, body: '{"error": "plant not found"}' })
    server.advance(minuteMs)

    const report = await run()

    expect(report.counts).toMatchObject({ written: 6, source: { holes: 6 } })
    expect(sink.visible()).toHaveLength(18)
  })

  it('fails while the API is down, and the next one loads what there is then', async () => {
    const server = await serve({ plants: 8 })
    const { run, sink } = museum(server)
    await run()
    server.down = true
    server.advance(minuteMs)

    const failed = await run()
    server.down = false
    const after = await run()

    expect(failed).toMatchObject({ status: 'failed', error: { code: 'ETL_SOURCE_UNAVAILABLE' } })
    expect(after.status).toBe('succeeded')
    expect(sink.visible()).toHaveLength(14)
  })

  it('that is stopped goes on with the plants it has not asked for', async () => {
    const server = await serve({ plants: 30, latencyMs: 20 })
    const { run, sink } = museum(server, { knownIds: 30, idsPerBatch: 5, concurrency: 5 })
    const stop = new AbortController()
    const onEvent = ({ type }: { type: string }) => {
      if (type === 'split.saved') stop.abort()
    }

    const flushEvery = { batches: 1, intervalMs: minuteMs }
    const stopped = await run({ signal: stop.signal, flushEvery, concurrency: 1, onEvent })
    const arrived = sink.visible().length
    const first = server.requests.length
    const resumed = await run()

    expect([stopped.status, resumed.status]).toEqual(['stopped', 'succeeded'])
    expect(arrived).toBeGreaterThan(0)
    expect(arrived).toBeLessThan(28)
    expect(Math.min(...server.requests.slice(first).map(({ id = 0 }) => id))).toBeGreaterThan(5)
    expect(sink.visible()).toHaveLength(29)
  })

  it('through the night of October has one reading of each plant and minute', async () => {
    const server = await serve({ generation: 1, plants: 3, now: '2026-10-24T23:58:30Z' })
    const { run, sink } = museum(server)

    for (let minute = 0; minute < 150; minute += 10) {
      await run()
      server.advance(10 * minuteMs)
    }

    const times = sink.visible().flatMap(({ plant_id, recording_taken }) => (plant_id === 1 ? [Date.parse(recording_taken)] : []))
    const steps = times.slice(1).map((time, index) => Math.round((time - (times[index] as number)) / minuteMs))
    expect(times).toHaveLength(15)
    // A reading is taken up to a minute before its answer.
    expect(steps.every(step => step >= 9 && step <= 11)).toBe(true)
  })
})
