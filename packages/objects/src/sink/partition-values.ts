import { nullPartition } from './partitions.js'

/** The fields of a partition's name, as text: `year=2025/country=NO/` has a year and a country. Null where Hive says so. */
export function partitionValues(partition: string): Readonly<Record<string, string | null>> {
  const folders = partition.split('/').filter(folder => folder !== '')
  return Object.fromEntries(
    folders.map(folder => {
      const [field = '', value = ''] = folder.split('=', 2).map(unescapeName)
      return [field, value === nullPartition ? null : value]
    }),
  )
}

/** Escapes are of two digits: whatever has more stands as it is. */
const unescapeName = (text: string) =>
  text.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
