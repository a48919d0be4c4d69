import type { RelatedTablesOptions } from '@millrace/etl-core'
import type { PlantRow } from './records.js'

/**
 * Where a reading's parts go: six tables, each row known by its natural key.
 *
 * A reading is there once for each plant and moment, so a minute that is loaded twice adds nothing. It keeps when its plant had been watered
 * and who looked after it, as the API said with it; everything else about a plant is as the API said last. Who looks after a plant is also
 * kept with the time from and until which it was so.
 */
export const plantTables: RelatedTablesOptions<PlantRow> = {
  tables: {
    country: { key: ['name'], columns: { name: 'origin_country', code: 'country_code' } },
    city: {
      key: ['name', 'country_id'],
      columns: { name: 'city', time_zone: 'time_zone' },
      references: { country_id: 'country' },
    },
    botanist: { key: ['email'], columns: { email: 'botanist_email', name: 'botanist_name', phone: 'botanist_phone' } },
    plant: {
      key: ['number'],
      columns: {
        number: 'plant_id',
        name: 'name',
        scientific_name: 'scientific_name',
        latitude: 'latitude',
        longitude: 'longitude',
        last_watered: 'last_watered',
        image_url: 'image_url',
        image_license: 'image_license',
        image_license_name: 'image_license_name',
        image_license_url: 'image_license_url',
      },
      references: { city_id: 'city', botanist_id: 'botanist' },
    },
    duty: {
      key: ['plant_id'],
      references: { plant_id: 'plant', botanist_id: 'botanist' },
      history: { of: ['botanist_id'], at: 'recording_taken' },
    },
    reading: {
      key: ['plant_id', 'taken_at'],
      columns: {
        taken_at: 'recording_taken',
        soil_moisture: 'soil_moisture',
        temperature: 'temperature',
        generation: 'generation',
        last_watered: 'last_watered',
      },
      references: { plant_id: 'plant', botanist_id: 'botanist' },
      changes: 'keep',
      id: 'reading_id',
    },
  },
  views: { plant_readings: 'reading' },
}
