import { columnsOf } from '@millrace/schema'
import { describe, expect, it } from 'vitest'
import { plantReading, plausibleReading } from '../src/index.js'
import { readingOf } from '../src/parse.js'
import { bodyOf } from '../src/testing/bodies.js'
import { chanceOf } from '../src/testing/random.js'

const moment = {
  generation: 3,
  nowMs: Date.parse('2026-07-01T11:00:30Z'),
  chance: chanceOf(1),
  dirty: false,
  timeZone: 'Europe/London',
} as const
const reading = () => readingOf(bodyOf(3, moment), 3, { ...moment, nearMs: moment.nowMs, futureToleranceMs: 0 })

const reasonOf = (schema: ReturnType<typeof plausibleReading>, over: object) =>
  schema.safeParse({ ...reading(), ...over }).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`)

describe('the schema of a reading', () => {
  it('is that of the records, field by field in its order', () => {
    expect(plantReading.parse(reading())).toEqual(reading())
    expect(Object.keys(reading())).toEqual(Object.keys(plantReading.shape))
  })

  it('has columns: exact numbers, times to the microsecond, texts with a length', () => {
    const columns = Object.fromEntries(columnsOf(plantReading).map(({ name, type, nullable }) => [name, { ...type, nullable }]))

    expect(columns).toMatchObject({
      plant_id: { kind: 'int32', nullable: false },
      recording_taken: { kind: 'timestamp', precision: 6, nullable: false },
      last_watered: { kind: 'timestamp', precision: 6, nullable: true },
      soil_moisture: { kind: 'float64', nullable: false },
      country_code: { kind: 'string', length: 2, nullable: true },
      image_url: { kind: 'string', length: 2048, nullable: true },
    })
  })
})

describe('a plausible reading', () => {
  it('has the same columns', () => {
    expect(columnsOf(plausibleReading())).toEqual(columnsOf(plantReading))
  })

  it.each([[{ soil_moisture: 0, temperature: -10 }], [{ soil_moisture: 100, temperature: 60 }]])(
    'may be at the limits: %j',
    over => {
      expect(reasonOf(plausibleReading(), over)).toBeUndefined()
    },
  )

  it.each([
    [{ soil_moisture: -0.001 }, 'soil_moisture is not within 0 to 100 %'],
    [{ soil_moisture: 100.001 }, 'soil_moisture is not within 0 to 100 %'],
    [{ temperature: -10.001 }, 'temperature is not within -10 to 60 degrees'],
    [{ temperature: 65.4 }, 'temperature is not within -10 to 60 degrees'],
  ])('is not one with %j', (over, reason) => {
    expect(reasonOf(plausibleReading(), over)).toEqual([reason])
  })

  it('keeps to the limits it is given', () => {
    const schema = plausibleReading({ soilMoisture: [15, 70], temperature: [0, 40] })

    expect(reasonOf(schema, { soil_moisture: 14, temperature: 41 })).toEqual([
      'soil_moisture is not within 15 to 70 %',
      'temperature is not within 0 to 40 degrees',
    ])
  })

  it('refuses limits that let nothing through', () => {
    expect(() => plausibleReading({ soilMoisture: [50, 20] })).toThrow('Nothing is within 50 to 20 %.')
  })

  it('takes texts up to their length, emoji and brackets included', () => {
    expect(reasonOf(plausibleReading(), { name: 'Fern ]\'"; 🌿' })).toBeUndefined()
    expect(reasonOf(plausibleReading(), { name: 'x'.repeat(201) })?.[0]).toMatch(/^name .*201 characters/)
  })
})
