import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { elementTexts } from '../json-text.js'
import { type IndicatorData, indicatorFromCompact, type WorldBankData } from './data.js'

/**
 * Loads a folder of recordings: `countries.json` (an array), `indicators/<id>.json` (compact), `metadata/<id>.json` (a row),
 * `errors/<id>.json` (a body); each may be absent. A folder without `indicators` is a folder of such folders: they are served together, and
 * of two recordings of one indicator, or of the country listing, the one with more rows.
 */
export async function worldBankRecordings(folder: string): Promise<WorldBankData> {
  const names = (await readdir(folder, { withFileTypes: true })).filter(entry => entry.isDirectory()).map(entry => entry.name)
  if (names.includes('indicators')) return loadSet(folder)
  const sets = await Promise.all(names.sort().map(name => loadSet(join(folder, name))))
  return merged(sets)
}

function merged(sets: readonly WorldBankData[]): WorldBankData {
  const indicators = new Map<string, IndicatorData>()
  for (const indicator of sets.flatMap(set => set.indicators)) {
    if (indicator.rows.length > (indicators.get(indicator.id)?.rows.length ?? 0)) indicators.set(indicator.id, indicator)
  }
  return {
    countries: sets.map(set => set.countries).reduce((a, b) => (b.length > a.length ? b : a), []),
    indicators: [...indicators.values()],
    metadata: Object.assign({}, ...sets.map(set => set.metadata)),
    errors: Object.assign({}, ...sets.map(set => set.errors)),
  }
}

async function loadSet(folder: string): Promise<WorldBankData> {
  const countries = await readFile(join(folder, 'countries.json'), 'utf8').catch(absent('[]'))
  const indicators = await textsOf(join(folder, 'indicators'))
  return {
    countries: elementTexts(countries),
    indicators: indicators.map(([, text]) => indicatorFromCompact(text)),
    metadata: Object.fromEntries(await textsOf(join(folder, 'metadata'))),
    errors: Object.fromEntries(await textsOf(join(folder, 'errors'))),
  }
}

/** The JSON files of a folder, by name without `.json`. */
async function textsOf(folder: string): Promise<[string, string][]> {
  const names = await readdir(folder).catch(absent([] as string[]))
  const json = names.filter(name => name.endsWith('.json')).sort()
  return Promise.all(
    json.map(
      async name => [name.slice(0, -'.json'.length), (await readFile(join(folder, name), 'utf8')).trim()] as [string, string],
    ),
  )
}

const absent =
  <V>(value: V) =>
  (error: NodeJS.ErrnoException): V => {
    if (error.code !== 'ENOENT') throw error
    return value
  }
