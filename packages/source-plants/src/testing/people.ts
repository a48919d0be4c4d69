import { type Chance, pick } from './random.js'

/** A botanist as the API names one. */
export interface Botanist {
  readonly email: string
  readonly name: string
  readonly phone: string
}

const first = ['Orla', 'Tamsin', 'Ivo', 'Petronella', 'Lucan', 'Maëlle', 'Benedikt', 'Saoirse', 'Osric', 'Wilhelmina'] as const
const last = [
  'Quillfeather',
  'Brackwater',
  'Ashgrove-Tell',
  "O'Marrow",
  'Thornbury',
  'Fennimore',
  'Lightwood',
  'Sandoval-Reed',
] as const
/** Before and behind a name: their dots end up in e-mail addresses. */
const before = ['', '', '', 'Ms. ', 'Dr. '] as const
const behind = ['', '', '', ' Jr.', ' III', ' DVM', ' MD'] as const

/** Each `#` is a digit. Extensions with and without a blank, some beginning with 0, country codes in two forms. */
const phones = [
  '###-###-####',
  '(###)###-####',
  '###.###.####',
  '##########',
  '###.###.#### x#####',
  '(###) ###-#### x###',
  '001-###-###-####x###',
  '+1-###-###-####x####',
  '(###)###-####x#####',
  '001-###-###-####x0###',
] as const

/** The botanist of a plant, or one of a few who share all plants. */
export function botanistOf(chance: Chance, who: string): Botanist {
  const one = (what: string) => chance('botanist', who, what)
  const name = `${pick(before, one('before'))}${pick(first, one('first'))} ${pick(last, one('last'))}${pick(behind, one('behind'))}`
  return { email: emailOf(name), name, phone: phoneOf(one) }
}

/** `Ms. Orla Thornbury Jr.` has `ms..orla.thornbury.jr.@museum.example`: not a valid address, and the one in use. */
const emailOf = (name: string) => `${name.toLowerCase().replace(/'/g, '').replace(/ /g, '.')}@museum.example`

function phoneOf(one: (what: string) => number): string {
  let digitNo = 0
  return pick(phones, one('phone')).replace(/#/g, () => String(Math.floor(one(`digit ${digitNo++}`) * 10)))
}
