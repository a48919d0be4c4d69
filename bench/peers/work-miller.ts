import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Run } from '../case.js'
import { program } from './program.js'

const isKept = '$year >= 1970 && is_not_empty($value)'
const isValid =
  'strlen($iso3) == 3 && is_not_empty($country) && is_not_empty($indicator) && is_int($year) && $year <= 2100 && is_numeric($value) && strlen($lastupdated) >= 8'

/** Miller with its defaults, which use both cores. */
export const workByMiller: Run = async ({ input, records, folder }) => {
  const file = join(folder, 'valued.csv')
  const steps = ['filter', `${isKept} && ${isValid}`, 'then', 'put', '$value_m = $value / 1000000']
  const costs = await program(['mlr', '--icsv', '--ocsv', ...steps, input], file)
  return { recordsIn: records, recordsOut: 0, bytesOut: (await stat(file)).size, file, program: costs }
}
