import type { WorldBankData } from '@millrace/source-worldbank/testing'

/** Names are in every row: this one makes an object of more than one part (8 MiB) of 6,625 rows. */
const longName = `Population, total ${'(all residents regardless of legal status or citizenship) '.repeat(35)}`

/** The recordings, and the population once more as an indicator `WIDE` whose object is uploaded in parts. */
export function withWide(data: WorldBankData): WorldBankData {
  const [source] = data.indicators.filter(({ id }) => id === 'SP.POP.TOTL')
  if (!source) throw new Error('the population is not recorded')
  const rows = source.rows.map(row =>
    row.replace(/"indicator":\{[^}]*\}/, `"indicator":${JSON.stringify({ id: 'WIDE', value: longName })}`),
  )
  return { ...data, indicators: [...data.indicators, { ...source, id: 'WIDE', rows }] }
}
