import { type Botanist, botanistOf } from './people.js'
import { type Chance, pick } from './random.js'

/** What does not change about a plant. */
export interface Plant {
  readonly id: number
  readonly name: string
  /** Null: the API has neither a scientific name nor images of it. */
  readonly scientificName: string | null
  readonly town: string
  readonly latitude: number
  readonly longitude: number
  readonly countryCode: string
  readonly country: string
  readonly timeZone: string
  /** One of three in generation 1, the plant's own later. */
  readonly botanist: (generation: number) => Botanist
  /** Watered every day at this time: milliseconds from midnight in UTC. */
  readonly wateredAtMs: number
}

const kinds = [
  'Lantern',
  'Harbour',
  'Velvet',
  'Copper',
  'Moonlit',
  'Paper',
  'Whistling',
  'Thimble',
  'Marbled',
  'Saffron',
] as const
const plants = ['fern', 'moss', 'lily', 'ivy', 'sedge', 'palm', 'thistle', 'orchid', 'vine', 'reed', 'cress'] as const
const genera = ['Lanternia', 'Portulina', 'Velutaria', 'Cuprifolia', 'Lunaspora', 'Papyrella', 'Sibilantha'] as const
const species = ['vespertina', 'maritima', 'fulgens', 'tacita', 'lucida', 'pusilla'] as const
const towns = ['Ember', 'Quill', 'Saltmarsh', 'Hollow', 'Larch', 'Wren', 'Pebble', 'Juniper', 'Tallow'] as const
const townEnds = ['ford', 'haven', ' Bay', 'stead', ' Falls', 'mouth', '-sur-Mer'] as const

/** Codes, names and zones that have tripped readers: NA is a country, names with commas, apostrophes and accents, a zone of three parts. */
const countries: readonly [readonly [string, string, string], ...(readonly [string, string, string])[]] = [
  ['NA', 'Namibia', 'Africa/Windhoek'],
  ['CI', "Côte d'Ivoire", 'Africa/Abidjan'],
  ['TZ', 'Tanzania, United Republic of', 'Africa/Dar_es_Salaam'],
  ['AR', 'Argentina', 'America/Argentina/Salta'],
  ['US', 'United States of America', 'Pacific/Honolulu'],
  ['MO', 'Macao', 'Asia/Macau'],
  ['NZ', 'New Zealand', 'Pacific/Auckland'],
  ['HR', 'Croatia', 'Europe/Zagreb'],
]

/** Plants that come from the same town as another. */
const sameTown: Readonly<Record<number, number>> = { 45: 1, 50: 3, 34: 20 }

/** The plant with this id. `dirty`: with the oddities of the real names. */
export function plantOf(chance: Chance, id: number, dirty: boolean): Plant {
  const home = sameTown[id] ?? id
  const one = (what: string, of = id) => chance(what, of)
  const [countryCode, country, timeZone] = pick(countries, one('country', home))
  return {
    id,
    ...namesOf(id, one, dirty),
    town: `${pick(towns, one('town', home))}${pick(townEnds, one('town end', home))}`,
    // Of no relation to the country, as in the real data.
    latitude: degrees(one('latitude', home), 89.7),
    longitude: degrees(one('longitude', home), 179.9),
    countryCode,
    country,
    timeZone,
    botanist: generation => botanistOf(chance, generation === 1 ? `one of three ${id % 3}` : `${generation} ${id}`),
    wateredAtMs: Math.floor(one('watered') * 86_400) * 1000,
  }
}

function namesOf(id: number, one: (what: string) => number, dirty: boolean): Pick<Plant, 'name' | 'scientificName'> {
  const name = `${pick(kinds, one('kind'))} ${pick(plants, one('plant'))}`
  const scientific = `${pick(genera, one('genus'))} ${pick(species, one('species'))}`
  const scientificName = id % 5 === 1 ? null : id % 9 === 0 ? `${scientific} 'Dusk Bell'` : scientific
  if (!dirty) return { name, scientificName }
  if (id === 10) return { name: `${name},`, scientificName }
  // Two plants of one name, but for a capital.
  if (id === 8) return { name: 'Heron of paradise', scientificName }
  if (id === 22) return { name: 'Heron Of Paradise', scientificName }
  return { name: [13, 15, 18].includes(id) ? `${name} ‘Striped’` : name, scientificName }
}

const degrees = (chance: number, most: number) => Number(((chance * 2 - 1) * most).toFixed(5))
