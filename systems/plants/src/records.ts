import { column } from '@millrace/schema'
import { type Plausible, plantReading, plausibleReading } from '@millrace/source-plants'
import * as z from 'zod'

/** A reading with the country as one text, a name or two letters: what the API's generation has. */
export const plantRow = (limits: Plausible) =>
  plausibleReading(limits)
    .omit({ country: true })
    .extend({
      origin_country: column.string(200).nullable().describe('Name; in generation 1 two letters'),
    })

/** What goes into the tables. */
export type PlantRow = z.output<ReturnType<typeof plantRow>>

const { plant_id, name, scientific_name, city, country_code, botanist_name, botanist_email, botanist_phone } = plantReading.shape
const { recording_taken, soil_moisture, temperature, last_watered } = plantReading.shape

/** A reading as the view `plant_readings` gives it and the archive keeps it. */
export const archivedReading = z.object({
  reading_id: column.int64().describe('Given by the database'),
  plant_id,
  recording_taken,
  soil_moisture,
  temperature,
  name,
  scientific_name,
  last_watered,
  botanist_name,
  botanist_email,
  botanist_phone,
  city,
  country_code,
  origin_country: column.string(200).nullable(),
})

/** A reading of the archive. */
export type ArchivedReading = z.output<typeof archivedReading>

/** The hour of a reading in UTC, as the archive's partitions have it. */
export const hourOf = (recordingTaken: string) => ({
  year: recordingTaken.slice(0, 4),
  month: recordingTaken.slice(5, 7),
  day: recordingTaken.slice(8, 10),
  hour: recordingTaken.slice(11, 13),
})

/** With the partition it belongs to. */
export const partitionedReading = archivedReading.extend({
  year: z.string(),
  month: z.string(),
  day: z.string(),
  hour: z.string(),
})

/** What the archive holds. */
export type PartitionedReading = z.output<typeof partitionedReading>

/** One plant's day. */
export const plantDay = z.object({
  plant_id: column.int32(),
  name: column.string(200),
  day: column.date(),
  readings: column.int32(),
  soil_moisture_min: column.float64(),
  soil_moisture_max: column.float64(),
  soil_moisture_mean: column.float64(),
  soil_moisture_median: column.float64(),
  temperature_min: column.float64(),
  temperature_max: column.float64(),
  temperature_mean: column.float64(),
  temperature_median: column.float64(),
})

/** One plant's day. */
export type PlantDay = z.output<typeof plantDay>
