import { type Plant, plantOf } from './plants.js'
import type { Chance } from './random.js'

/** The three forms an answer may have. */
export type Generation = 1 | 2 | 3

/** What decides an answer besides the plant. */
export interface Moment {
  readonly generation: Generation
  /** Epoch milliseconds. Within one minute a plant gives the same reading. */
  readonly nowMs: number
  readonly chance: Chance
  /** Negative moisture, spikes, odd names. */
  readonly dirty: boolean
  /** The zone of times that are written without one. */
  readonly timeZone: string
}

const minuteMs = 60_000
const dayMs = 86_400_000

/** What the API says of a plant. Key order is that of the generation. */
export function bodyOf(id: number, moment: Moment): Record<string, unknown> {
  const { generation, chance, dirty } = moment
  const plant = plantOf(chance, id, dirty)
  const minute = Math.floor(moment.nowMs / minuteMs)
  const takenMs = minute * minuteMs - 1 - Math.floor(chance('taken', id, minute) * 50_000)
  const wateredMs = lastTimeOfDay(takenMs, plant.wateredAtMs)
  const body: Record<string, unknown> = {
    plant_id: id,
    name: plant.name,
    temperature: temperatureOf(plant, minute, moment),
    origin_location: originOf(plant, generation),
    botanist: plant.botanist(generation),
    last_watered: wateredText(wateredMs, moment),
    soil_moisture: moistureOf(plant, (takenMs - wateredMs) / dayMs, minute, moment),
    recording_taken: takenText(takenMs, Math.floor(chance('micros', id, minute) * 1000), moment),
    ...(plant.scientificName === null ? {} : { images: imagesOf(id, generation), scientific_name: [plant.scientificName] }),
  }
  return generation === 2 ? body : Object.fromEntries(Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const lastTimeOfDay = (beforeMs: number, timeMs: number) => Math.floor((beforeMs - timeMs) / dayMs) * dayMs + timeMs

function originOf({ latitude, longitude, town, country, countryCode, timeZone }: Plant, generation: Generation): unknown {
  if (generation === 1) return [String(latitude), String(longitude), town, countryCode, timeZone]
  const place = { city: town, country }
  return generation === 2
    ? { latitude, longitude, ...place }
    : { ...place, latitude: String(latitude), longitude: String(longitude) }
}

/** Falls through the day. The sensors of 16 and 47 are stuck below 0, that of 5 drops at times. */
function moistureOf({ id }: Plant, daysDry: number, minute: number, { chance, dirty }: Moment): number {
  if (dirty && (id === 16 || id === 47)) return -10 - chance('stuck', id, minute) * 2.6
  if (dirty && id === 5 && chance('drop', minute) < 0.02) return -44 - chance('depth', minute)
  return 96 - daysDry * 70 - chance('moisture', id, minute)
}

/** 8.5 to 30 degrees, and a spike in 0.7 % of readings. */
function temperatureOf({ id }: Plant, minute: number, { chance, dirty }: Moment): number {
  if (dirty && chance('spike', id, minute) < 0.007) return 65 + chance('height', id, minute) * 45
  return 9 + chance('warm', id) * 20 + chance('temperature', id, minute)
}

function wateredText(ms: number, { generation, timeZone }: Moment): string {
  if (generation === 1) return new Date(ms).toUTCString()
  return generation === 2 ? new Date(ms).toISOString() : localText(ms, timeZone, 'T')
}

function takenText(ms: number, micros: number, { generation, timeZone }: Moment): string {
  if (generation === 1) return localText(ms, timeZone, ' ')
  if (generation === 2) return new Date(ms).toISOString()
  const digits = new Date(ms).toISOString().slice(20, 23)
  return `${localText(ms, timeZone, 'T')}.${digits}${String(micros).padStart(3, '0')}`
}

/** A moment as clocks in a zone show it, without saying so. */
export function localText(ms: number, timeZone: string, between: ' ' | 'T'): string {
  const parts = clockOf(timeZone).formatToParts(ms)
  const { year, month, day, hour, minute, second } = Object.fromEntries(parts.map(({ type, value }) => [type, value]))
  return `${year}-${month}-${day}${between}${hour}:${minute}:${second}`
}

/** Making one takes far longer than using it. */
const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known) return known
  const two = '2-digit' as const
  const clock = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: two, day: two, hour: two, minute: two, second: two },
  })
  clocks.set(timeZone, clock)
  return clock
}

function imagesOf(id: number, generation: Generation): unknown {
  if (generation === 2 && id === 45) return null
  const address = `https://images.example/plants/${id}`
  // Signed links that end after an hour, as long as the longest that was seen.
  const signed = generation === 3 ? `?X-Signed-Expires=3600&X-Signature=${'0f'.repeat(200)}` : ''
  const sizes = {
    original_url: 'original',
    regular_url: 'regular',
    medium_url: 'medium',
    small_url: 'small',
    thumbnail: 'thumbnail',
  }
  return {
    license: 451,
    license_name: 'CC0 1.0 Universal (CC0 1.0) Public Domain Dedication',
    license_url: 'https://creativecommons.org/publicdomain/zero/1.0/',
    ...Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, `${address}/${size}.jpg${signed}`])),
  }
}
