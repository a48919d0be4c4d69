import { describe, expect, it } from 'vitest'
import { noon, serve } from './helpers.js'

const get = async (url: string) => {
  const response = await fetch(url)
  return { status: response.status, date: response.headers.get('date'), body: JSON.parse(await response.text()) }
}

describe('the simulator', () => {
  it('gives the same answers for the same seed, whatever the order of requests', async () => {
    const options = { seed: 'a', dirty: true, faultRate: 0.3 }
    const [one, other] = [await serve(options), await serve(options)]
    const ids = Array.from({ length: 50 }, (_, index) => index + 1)

    const forth: unknown[] = []
    for (const id of ids) forth.push((await get(`${one.url}/${id}`)).body)
    const back: unknown[] = []
    for (const id of [...ids].reverse()) back.unshift((await get(`${other.url}/${id}`)).body)

    expect(back).toEqual(forth)
    expect(JSON.stringify(forth)).toContain('plant sensor fault')
  })

  it('gives others for another seed', async () => {
    const [one, other] = [await serve({ seed: 1 }), await serve({ seed: 2 })]

    expect(one.peek(1)).not.toEqual(other.peek(1))
  })

  it('says in its header what time it is for it', async () => {
    const server = await serve()
    server.advance(90_000)

    expect((await get(`${server.url}/1`)).date).toBe(new Date(Date.parse(noon) + 90_000).toUTCString())
  })

  it('gives one reading a minute, taken before it is asked for', async () => {
    const server = await serve({ generation: 2 })
    const takenAt = () => Date.parse((server.peek(1) as { recording_taken: string }).recording_taken)

    const first = takenAt()
    server.advance(20_000)
    expect(takenAt()).toBe(first)

    server.advance(20_000)
    expect(takenAt()).toBeGreaterThan(first)
    expect(takenAt()).toBeLessThan(server.now())
  })

  it.each([
    [1, 200, 200],
    [2, 404, 404],
    [3, 404, 404],
  ] as const)(
    'of generation %i says with status %i that there is no plant, or that it is on loan',
    async (generation, hole, loan) => {
      const server = await serve({ generation })

      expect(await get(`${server.url}/7`)).toMatchObject({ status: hole, body: { error: 'plant not found', plant_id: 7 } })
      expect(await get(`${server.url}/43`)).toMatchObject({ status: loan, body: { error: 'plant on loan to another museum' } })
      expect(await get(`${server.url}/51`)).toMatchObject({ body: { error: 'plant not found', plant_id: 51 } })
    },
  )

  it('answers for plant 0 with the last one, in generation 1', async () => {
    const server = await serve({ generation: 1 })

    const last = server.peek(50) as { name: string }
    expect((await get(`${server.url}/0`)).body).toMatchObject({ plant_id: 0, name: last.name })
  })

  it('says at its root how many plants are on display, and elsewhere nothing', async () => {
    const server = await serve({ plants: 4 })

    expect((await get(server.url)).body).toEqual({ success: true, plants_on_display: 4 })
    expect((await fetch(`${server.url}/x`)).status).toBe(404)
  })

  it('has the oddities of the real names and sensors', async () => {
    const server = await serve({ generation: 1, dirty: true })
    const plant = (id: number) => server.peek(id) as Record<string, unknown> & { name: string; soil_moisture: number }

    expect(plant(10).name).toMatch(/,$/)
    expect(plant(13).name).toMatch(/‘.*’/)
    expect(plant(8).name.toLowerCase()).toBe(plant(22).name.toLowerCase())
    expect(plant(8).name).not.toBe(plant(22).name)
    expect([plant(16).soil_moisture, plant(47).soil_moisture].every(moisture => moisture < -10)).toBe(true)
    const origin = (id: number) => (plant(id).origin_location as string[])[2]
    expect([origin(45), origin(50), origin(34)]).toEqual([origin(1), origin(3), origin(20)])
  })

  it('has temperatures that spike at times, and moisture that drops', async () => {
    const server = await serve({ dirty: true })
    const spikes: number[] = []
    const drops: number[] = []
    for (let minute = 0; minute < 120; minute++) {
      for (let id = 1; id <= 10; id++) {
        const body = server.peek(id) as { temperature?: number; soil_moisture: number }
        if ((body.temperature ?? 0) > 60) spikes.push(body.temperature as number)
        if (body.soil_moisture < -40) drops.push(body.soil_moisture)
      }
      server.advance(60_000)
    }

    expect(spikes.length).toBeGreaterThan(1)
    expect(spikes.length).toBeLessThan(30)
    expect(drops.length).toBeGreaterThan(0)
  })

  it('has e-mail addresses that are not valid and phone numbers of many forms', async () => {
    const server = await serve()
    const people = Array.from(
      { length: 50 },
      (_, index) => server.peek(index + 1) as { botanist?: { email: string; phone: string } },
    ).flatMap(({ botanist }) => (botanist ? [botanist] : []))

    expect(people.some(({ email }) => email.includes('..'))).toBe(true)
    expect(people.some(({ email }) => email.includes('.@'))).toBe(true)
    expect(new Set(people.map(({ phone }) => phone.replace(/\d/g, '#'))).size).toBeGreaterThan(7)
  })

  it('keeps a log of requests and what went wrong with them', async () => {
    const server = await serve()
    server.failNext({ status: 503 })
    server.failPlant(2, 'sensorFault', 1)

    const statuses = [await fetch(`${server.url}/1`), await fetch(`${server.url}/2`), await fetch(`${server.url}/2`)].map(
      response => response.status,
    )

    expect(statuses).toEqual([503, 500, 200])
    expect(server.requests.map(({ no, id, fault }) => [no, id, fault])).toEqual([
      [1, 1, { status: 503 }],
      [2, 2, 'sensorFault'],
      [3, 2, undefined],
    ])
  })
})
