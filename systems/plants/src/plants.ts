import { duckdb } from '@millrace/duckdb'
import { definePipeline, from } from '@millrace/etl-core'
import { plants as plantsApi, plantsOptions } from '@millrace/source-plants'
import { sqlServer } from '@millrace/sqlserver'
import * as z from 'zod'
import { plantRow } from './records.js'
import { plantTables } from './tables.js'

/** What the minute's load can be told. */
export const params = z.strictObject({
  apiUrl: plantsOptions.shape.apiUrl.describe('Where the API is; a plant is at <api-url>/<id>'),
  to: z.string().default('duckdb:./plants.duckdb').describe('The database: duckdb:./plants.duckdb or sqlserver://host/database'),
  knownIds: plantsOptions.shape.knownIds.unwrap().default(50).describe('Ids from 1 that are asked for at every run, seen or not'),
  minMoisture: z.number().default(0).describe('Soil moisture below this, in percent, is a reject'),
  maxMoisture: z.number().default(100).describe('Soil moisture above this, in percent, is a reject'),
  minTemperature: z.number().default(-10).describe('Temperatures below this, in degrees Celsius, are rejects'),
  maxTemperature: z.number().default(60).describe('Temperatures above this, in degrees Celsius, are rejects'),
  requestsAtOnce: z.int().min(1).default(10).describe('Plants asked for at once'),
  budgetSeconds: z.number().positive().max(86_400).default(50).describe('Seconds after which no plant is asked for any more'),
})

/**
 * One round over all plants: every reading into the tables of `plantTables`, those out of range among the rejects. Meant for every minute.
 * A reading that is there already is left as it is, so a minute may be run twice or late; two runs at once take turns.
 */
export const plants = definePipeline({
  name: 'plants',
  description: 'One round over the museum’s plant sensors into related tables',
  connectors: [duckdb, sqlServer],
  params,
  // Where the API is and how it is asked does not decide what a reading is.
  volatile: ['apiUrl', 'to', 'requestsAtOnce', 'budgetSeconds', 'knownIds'],
  // With other limits the highest id seen stays known, and what the old ones rejected can be run again.
  loadOnly: ['minMoisture', 'maxMoisture', 'minTemperature', 'maxTemperature'],
  examples: [
    { flags: '--api-url http://127.0.0.1:8080/plants', does: 'every plant’s newest reading into ./plants.duckdb' },
    { flags: '--max-temperature 40', does: 'hotter readings are rejects' },
  ],
  build: ({ params, connect }) => {
    const { apiUrl, knownIds, requestsAtOnce, budgetSeconds } = params
    const limits = {
      soilMoisture: [params.minMoisture, params.maxMoisture],
      temperature: [params.minTemperature, params.maxTemperature],
    } as const
    return from(plantsApi({ apiUrl, knownIds, concurrency: requestsAtOnce, budgetMs: Math.ceil(budgetSeconds * 1_000) }))
      .map(({ country, ...reading }) => ({ ...reading, origin_country: country ?? reading.country_code }))
      .validate(plantRow(limits))
      .into(connect.tables(params.to, plantTables))
  },
})

export default plants
