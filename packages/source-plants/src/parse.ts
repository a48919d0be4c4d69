import { RecordError } from '@millrace/etl-core'
import type { PlantReading } from './schema.js'
import { type TimeRules, utcOf } from './times.js'

type Fields = Readonly<Record<string, unknown>>

/** True for a JSON object. */
export const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A record from an answer of any generation. Each field is understood by its own form, whatever the others have.
 *
 * @param id - The plant that was asked for: an answer about another one is refused.
 * @throws RecordError `ETL_RECORD_UNPARSABLE` where the structure is not known, and those of `utcOf`; `path` names the field.
 */
export function readingOf(body: unknown, id: number, rules: TimeRules): PlantReading {
  if (!isObject(body)) throw unparsable([], 'the answer is not an object')
  if (body.plant_id !== id) throw unparsable(['plant_id'], 'is not the plant that was asked for')
  if (typeof body.name !== 'string' || body.name === '') throw unparsable(['name'], 'is not a name')
  const botanist = objectOf(body.botanist, 'botanist')
  const images = objectOf(body.images, 'images')
  return {
    plant_id: id,
    name: body.name,
    scientific_name: firstText(body.scientific_name),
    ...originOf(body.origin_location),
    botanist_name: textOf(botanist.name, ['botanist', 'name']),
    botanist_email: textOf(botanist.email, ['botanist', 'email']),
    botanist_phone: textOf(botanist.phone, ['botanist', 'phone']),
    last_watered: absent(body.last_watered) ? null : utcOf(body.last_watered, 'last_watered', rules),
    recording_taken: utcOf(body.recording_taken, 'recording_taken', rules),
    soil_moisture: measured(body.soil_moisture, 'soil_moisture'),
    temperature: measured(body.temperature, 'temperature'),
    image_url: textOf(images.original_url, ['images', 'original_url']),
    image_license: licenseOf(images.license),
    image_license_name: textOf(images.license_name, ['images', 'license_name']),
    image_license_url: textOf(images.license_url, ['images', 'license_url']),
    generation: generationOf(body),
  }
}

const absent = (value: unknown): value is undefined | null | '' => value === undefined || value === null || value === ''

type Origin = Pick<PlantReading, 'latitude' | 'longitude' | 'city' | 'country_code' | 'country' | 'time_zone'>

/** `[latitude, longitude, town, ISO code, IANA zone]` at first, an object later. */
function originOf(value: unknown): Origin {
  const path = ['origin_location']
  if (Array.isArray(value)) {
    if (value.length !== 5) throw unparsable(path, `has ${value.length} parts, not the five that are known`)
    const [latitude, longitude, city, country, zone] = value as unknown[]
    return placeOf({ latitude, longitude, city, country }, textOf(zone, [...path, 4]))
  }
  return placeOf(objectOf(value, 'origin_location'), null)
}

function placeOf({ latitude, longitude, city, country }: Fields, zone: string | null): Origin {
  const named = textOf(country, ['origin_location', 'country'])
  const isCode = named !== null && /^[A-Z]{2}$/.test(named)
  return {
    latitude: absent(latitude) ? null : numberOf(latitude, ['origin_location', 'latitude']),
    longitude: absent(longitude) ? null : numberOf(longitude, ['origin_location', 'longitude']),
    city: textOf(city, ['origin_location', 'city']),
    country_code: isCode ? named : null,
    country: isCode ? null : named,
    time_zone: zone,
  }
}

/** By the place where there is one, else by how the time is written. */
function generationOf({ origin_location: origin, recording_taken: taken }: Fields): number {
  if (Array.isArray(origin)) return 1
  if (isObject(origin) && !absent(origin.latitude)) return typeof origin.latitude === 'number' ? 2 : 3
  if (String(taken).includes(' ')) return 1
  return String(taken).endsWith('Z') ? 2 : 3
}

/** An absent part has only absent fields. */
function objectOf(value: unknown, field: string): Fields {
  if (value === undefined || value === null) return {}
  if (!isObject(value)) throw unparsable([field], 'is not an object')
  return value
}

function firstText(value: unknown): string | null {
  const first = Array.isArray(value) ? (value as unknown[])[0] : value
  return textOf(first, ['scientific_name'])
}

/** As it comes. Phone numbers have come as numbers from services like this one. */
function textOf(value: unknown, path: readonly (string | number)[]): string | null {
  if (absent(value)) return null
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') throw unparsable(path, 'is not text')
  return value
}

/** Coordinates have come as text. JSON has no NaN, but `1e999` reads as infinity. */
function numberOf(value: unknown, path: readonly (string | number)[]): number {
  const number = typeof value === 'string' && /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) throw unparsable(path, 'is not a number')
  return number
}

function measured(value: unknown, field: string): number {
  if (absent(value)) throw unparsable([field], 'is missing')
  return numberOf(value, [field])
}

function licenseOf(value: unknown): number | null {
  if (absent(value)) return null
  const number = numberOf(value, ['images', 'license'])
  if (!Number.isInteger(number) || Math.abs(number) > 0x7fffffff) throw unparsable(['images', 'license'], 'is not a whole number')
  return number
}

const unparsable = (path: readonly (string | number)[], problem: string) =>
  new RecordError('ETL_RECORD_UNPARSABLE', problem, { path })
