import { ConfigError } from '@millrace/etl-core'
import { column } from '@millrace/schema'
import * as z from 'zod'

/**
 * The schema of a {@link PlantReading}, with columns: what a plant's sensors said at one moment, and what the API says about the plant.
 * `plant_id` and `recording_taken` together are its key: the same answer read twice has the same.
 *
 * Texts are as the API sends them: names with a comma at the end, e-mail addresses with two dots in a row, phone numbers in any form.
 * Lengths leave room for all that was seen, and a longer text is a reject where the schema validates.
 */
export const plantReading = z.object({
  plant_id: column.int32(),
  name: column.string(200).describe('Common name. Two plants may have the same one, in another case too'),
  scientific_name: column.string(200).nullable().describe('The first one, if the API names any'),
  latitude: column.float64().nullable(),
  longitude: column.float64().nullable(),
  city: column.string(200).nullable().describe('Town of origin. Two plants may come from one'),
  country_code: column.string(2).nullable().describe('Two letters, generation 1 only. NA is Namibia'),
  country: column.string(200).nullable().describe('Name, from generation 2 on'),
  time_zone: column.string(64).nullable().describe('IANA zone of the town, generation 1 only'),
  botanist_name: column.string(200).nullable(),
  botanist_email: column.string(254).nullable(),
  botanist_phone: column.string(50).nullable(),
  last_watered: column.timestamp(6).nullable().describe('UTC; null if the API does not say'),
  recording_taken: column.timestamp(6).describe('UTC'),
  soil_moisture: column.float64().describe('Percent; a sensor that is stuck says less than 0'),
  temperature: column.float64().describe('Degrees Celsius; a sensor at fault spikes'),
  image_url: column.string(2048).nullable().describe('The original. In generation 3 a signed link that ends after an hour'),
  image_license: column.int32().nullable(),
  image_license_name: column.string(200).nullable(),
  image_license_url: column.string(2048).nullable(),
  generation: column.int32().describe('Which of the three forms of the API the answer had'),
})

/** One reading of one plant. */
export type PlantReading = z.output<typeof plantReading>

/** What {@link plausibleReading} takes for a measurement: lowest and highest, both included. */
export interface Plausible {
  /** Percent. Default 0 to 100: there is nothing outside. */
  readonly soilMoisture?: readonly [lowest: number, highest: number] | undefined
  /**
   * Degrees Celsius. Default -10 to 60: further than any hall with plants gets, so that a frost or a fire is still a reading, and the
   * spikes of 65 to 110 degrees are not.
   */
  readonly temperature?: readonly [lowest: number, highest: number] | undefined
}

/**
 * {@link plantReading} with limits for what sensors measure, for `.validate`: a reading outside becomes a reject with that reason. The
 * columns are the same.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` where a lowest value is above its highest: everything would be a reject.
 * @example from(plants()).validate(plausibleReading({ temperature: [0, 40] }))
 */
export function plausibleReading({ soilMoisture = [0, 100], temperature = [-10, 60] }: Plausible = {}) {
  return plantReading.extend({
    soil_moisture: within(plantReading.shape.soil_moisture, soilMoisture, '%'),
    temperature: within(plantReading.shape.temperature, temperature, 'degrees'),
  })
}

/** The value is left out of the reason: rejects are counted by it. */
function within(measurement: z.ZodNumber, [lowest, highest]: readonly [number, number], unit: string) {
  if (!(lowest <= highest)) throw new ConfigError('ETL_CONFIG_INVALID', `Nothing is within ${lowest} to ${highest} ${unit}.`)
  const error = `is not within ${lowest} to ${highest} ${unit}`
  return measurement.min(lowest, { error }).max(highest, { error })
}
