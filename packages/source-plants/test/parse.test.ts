import { describe, expect, it } from 'vitest'
import { plants } from '../src/index.js'
import type { Generation } from '../src/testing/index.js'
import { oneReading, quick, readAll, reasonsIn, recordsIn, serve } from './helpers.js'

/** A museum with one plant. */
const one = (generation: Generation) => serve({ generation, plants: 1, holes: [], loans: [] })

describe('an answer of generation 1', () => {
  it('is a record with code and zone', async () => {
    const { reading } = await oneReading(await one(1), () => ({
      botanist: { email: 'ms..orla.thornbury@museum.example', name: 'Ms. Orla Thornbury', phone: '001-555-273-3691x0127' },
      images: {
        license: 451,
        license_name: 'CC0',
        license_url: 'https://cc.example/0',
        original_url: 'https://images.example/1.jpg',
      },
      last_watered: 'Wed, 01 Jul 2026 09:54:32 GMT',
      name: 'Lantern fern,',
      origin_location: ['-22.5', '17.25', 'Port Ember', 'NA', 'Africa/Windhoek'],
      plant_id: 1,
      recording_taken: '2026-07-01 12:00:28',
      scientific_name: ["Lanternia 'Dusk Bell'", 'Lanternia minor'],
      soil_moisture: 92.6808819222441,
      temperature: 12.075645540042762,
    }))

    expect(reading).toEqual({
      plant_id: 1,
      name: 'Lantern fern,',
      scientific_name: "Lanternia 'Dusk Bell'",
      latitude: -22.5,
      longitude: 17.25,
      city: 'Port Ember',
      country_code: 'NA',
      country: null,
      time_zone: 'Africa/Windhoek',
      botanist_name: 'Ms. Orla Thornbury',
      botanist_email: 'ms..orla.thornbury@museum.example',
      botanist_phone: '001-555-273-3691x0127',
      last_watered: '2026-07-01T09:54:32Z',
      recording_taken: '2026-07-01T11:00:28Z',
      soil_moisture: 92.6808819222441,
      temperature: 12.075645540042762,
      image_url: 'https://images.example/1.jpg',
      image_license: 451,
      image_license_name: 'CC0',
      image_license_url: 'https://cc.example/0',
      generation: 1,
    })
  })
})

describe('an answer of generation 2', () => {
  it('has a country by name and times with a zone', async () => {
    const { reading } = await oneReading(await one(2), body => ({
      ...body,
      origin_location: { latitude: 89.7, longitude: -11.5098, city: 'Larchstead', country: "Côte d'Ivoire" },
      last_watered: '2026-06-30T13:51:41.000Z',
      recording_taken: '2026-07-01T11:00:02.634Z',
    }))

    expect(reading).toMatchObject({
      latitude: 89.7,
      country: "Côte d'Ivoire",
      country_code: null,
      time_zone: null,
      last_watered: '2026-06-30T13:51:41Z',
      recording_taken: '2026-07-01T11:00:02.634Z',
      generation: 2,
    })
  })
})

describe('an answer of generation 3', () => {
  it('has coordinates as text, and times of London to the microsecond', async () => {
    const { reading } = await oneReading(await one(3), body => ({
      ...body,
      origin_location: { city: 'Wrenford', country: 'Macao', latitude: '-82.3459075', longitude: '7.815683' },
      last_watered: '2026-07-01T09:12:19',
      recording_taken: '2026-07-01T12:00:04.703006',
    }))

    expect(reading).toMatchObject({
      latitude: -82.3459075,
      longitude: 7.815683,
      last_watered: '2026-07-01T08:12:19Z',
      recording_taken: '2026-07-01T11:00:04.703006Z',
      generation: 3,
    })
  })
})

describe('an answer of any generation', () => {
  it.each([1, 2, 3] as const)('of generation %i is recognised, with images and without', async generation => {
    const server = await serve({ generation, dirty: true })

    const batches = await readAll(plants(quick(server)))
    const readings = recordsIn(batches)

    expect(reasonsIn(batches)).toEqual({})
    expect(readings.map(reading => reading.generation)).toEqual(Array(48).fill(generation))
    expect(readings.filter(reading => reading.scientific_name === null)).toHaveLength(10)
    expect(readings.filter(reading => reading.image_url === null)).toHaveLength(generation === 2 ? 11 : 10)
  })

  it.each([
    ['images are null', { images: null }, { image_url: null, image_license: null }],
    ['images are absent', { images: undefined }, { image_url: null, image_license_name: null }],
    ['the scientific name is absent', { scientific_name: undefined }, { scientific_name: null }],
    ['the scientific name is an empty list', { scientific_name: [] }, { scientific_name: null }],
    ['there is no botanist', { botanist: undefined }, { botanist_name: null, botanist_email: null, botanist_phone: null }],
    ['the phone is a number', { botanist: { name: 'Ivo', phone: 5552782802 } }, { botanist_phone: '5552782802' }],
    ['the phone is empty', { botanist: { name: 'Ivo', phone: '' } }, { botanist_phone: null }],
    ['the place is absent', { origin_location: undefined }, { latitude: null, city: null, generation: 3 }],
    ['it was never watered', { last_watered: null }, { last_watered: null }],
    ['the name has brackets, quotes and emoji', { name: 'O\']"; ‘🌵’' }, { name: 'O\']"; ‘🌵’' }],
    ['there are fields nobody knows', { colour: 'green' }, { plant_id: 1 }],
  ])('is a record although %s', async (_, change, expected) => {
    const { reading } = await oneReading(await one(3), body => ({ ...body, ...change }))

    expect(reading).toMatchObject(expected)
  })

  it.each([
    ['the answer is not an object', [], 'the answer is not an object'],
    ['it is about another plant', { plant_id: 2 }, 'plant_id is not the plant that was asked for'],
    ['it has no name', { name: '' }, 'name is not a name'],
    [
      'the place has too few parts',
      { origin_location: ['1', '2', 'Port Ember'] },
      'origin_location has 3 parts, not the five that are known',
    ],
    ['the place is a text', { origin_location: 'Port Ember' }, 'origin_location is not an object'],
    ['a coordinate is no number', { origin_location: { latitude: 'north' } }, 'origin_location.latitude is not a number'],
    ['the moisture is missing', { soil_moisture: null }, 'soil_moisture is missing'],
    ['the temperature is missing', { temperature: undefined }, 'temperature is missing'],
    ['the temperature is a word', { temperature: 'NaN' }, 'temperature is not a number'],
    ['the time is missing', { recording_taken: undefined }, 'recording_taken is not a text with a time'],
    ['the time is no time', { recording_taken: 'soon' }, 'recording_taken is not a time'],
    ['the watering is no time', { last_watered: 'soon' }, 'last_watered is not a time'],
  ])('is a reject where %s', async (_, change, reason) => {
    const changed = (body: object) => (Array.isArray(change) ? change : { ...body, ...change })
    const found = await oneReading(await one(3), changed)

    expect(found).toEqual({ reading: undefined, reason })
  })

  it('is a reject where a number is past what a double holds', async () => {
    const server = await one(3)
    const body = JSON.stringify(server.peek(1)).replace(/"temperature":[\d.]+/, '"temperature":1e999')
    server.failPlant(1, { status: 200, body })

    expect(reasonsIn(await readAll(plants(quick(server))))).toEqual({ 1: 'temperature is not a number' })
  })

  it('keeps very small and very large numbers as they are', async () => {
    const { reading } = await oneReading(await one(3), body => ({ ...body, soil_moisture: 1e-300, temperature: 2 ** 53 }))

    expect([reading?.soil_moisture, reading?.temperature]).toEqual([1e-300, 2 ** 53])
  })
})

describe('the time of an answer', () => {
  it('is in its header, and decides which of two hours in October is meant', async () => {
    const taken = { recording_taken: '2026-10-25T01:20:00' }
    const early = await serve({ plants: 1, now: '2026-10-25T00:20:30Z' })
    const late = await serve({ plants: 1, now: '2026-10-25T01:20:30Z' })

    const readings = [
      await oneReading(early, body => ({ ...body, ...taken })),
      await oneReading(late, body => ({ ...body, ...taken })),
    ]

    expect(readings.map(({ reading }) => reading?.recording_taken)).toEqual(['2026-10-25T00:20:00Z', '2026-10-25T01:20:00Z'])
  })

  it("is the run's where the header does not say", async () => {
    const server = await one(3)
    const body = JSON.stringify({ ...(server.peek(1) as object), recording_taken: '2026-10-25T01:20:00', last_watered: null })
    server.failPlant(1, { status: 200, body, headers: { date: 'today' } })
    const at = (iso: string) => readAll(plants(quick(server)), { clock: { now: () => Date.parse(iso) } })

    const batches = [await at('2026-10-25T00:20:30Z'), await at('2026-10-25T01:20:30Z')]

    expect(batches.map(all => recordsIn(all)[0]?.recording_taken)).toEqual(['2026-10-25T00:20:00Z', '2026-10-25T01:20:00Z'])
  })

  it('makes a reading that is dated tomorrow a reject', async () => {
    const server = await serve({ plants: 3 })
    server.failPlant(2, 'tomorrow')

    const batches = await readAll(plants(quick(server)))

    expect(recordsIn(batches).map(reading => reading.plant_id)).toEqual([1, 3])
    expect(reasonsIn(batches)).toEqual({ 2: 'recording_taken is in the future: more than 300000 ms after the API answered' })
  })
})
