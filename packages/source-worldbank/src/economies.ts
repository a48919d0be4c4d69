import { observationsAddress } from './addresses.js'
import { getAllRows } from './api.js'
import { problem } from './errors.js'
import { askFacts, type Facts, type Planning } from './facts.js'
import { isObject } from './page.js'

/**
 * Blocks of economies, codes joined with `;`, such that reading them one after the other gives the rows of the whole in their order.
 *
 * The API sends economies in an order of its own (a block of aggregates, then countries by name) whatever order they are asked for in, and
 * the country listing has another. So the order is read off the data: one period of the same indicator, a row for each economy. That
 * this found all economies is checked: the blocks' totals must add up to the whole's. If they do not, blocks are not safe, and `undefined`
 * says so: the indicator is then read as one split.
 *
 * Costs one small request per plan and indicator, and one per block.
 */
export async function economyBlocks(indicator: string, facts: Facts, planning: Planning): Promise<readonly string[] | undefined> {
  const { settings, ctx } = planning
  const size = settings.splitEconomies ?? 1
  const order = await economyOrder(indicator, planning)
  const aggregates = settings.aggregates === 'keep' ? new Set<string>() : await planning.aggregates()
  const wanted = order.filter(code => settings.aggregates === 'keep' || aggregates.has(code) === (settings.aggregates === 'only'))
  const others = order.filter(code => !wanted.includes(code))
  const blocks = chunks(wanted, size)
  const totals = await Promise.all([...blocks, ...chunks(others, 300)].map(block => totalOf(indicator, block, facts, planning)))
  const found = totals.reduce((sum, total) => sum + total, 0)
  if (found !== facts.total) {
    ctx.log.warn(`World Bank: ${indicator} is read as one split, because its blocks of economies do not add up.`, {
      rows: facts.total,
      inBlocks: found,
    })
    return undefined
  }
  return blocks.filter((_, index) => (totals[index] ?? 0) > 0)
}

/** Two-letter codes in the order of the API's rows. */
async function economyOrder(indicator: string, { reader, settings, call }: Planning): Promise<readonly string[]> {
  const date = settings.date?.split(':').findLast(part => part !== 'YTD')
  const period = date === undefined ? { mrv: 1 } : { date }
  const addressOf = (page: number) => observationsAddress(settings, indicator, { page, perPage: 1000, period })
  const rows = await getAllRows(reader, addressOf, `the economies of ${indicator}`, call)
  const codes = rows.map(row => (isObject(row) && isObject(row.country) ? row.country.id : undefined))
  return [...new Set(codes.filter(code => typeof code === 'string' && code !== ''))] as string[]
}

async function totalOf(indicator: string, block: string, facts: Facts, planning: Planning): Promise<number> {
  const part = await askFacts(indicator, planning, { economies: block })
  if (part && part.lastUpdated !== facts.lastUpdated) {
    throw problem('changed', indicator, [facts.lastUpdated, part.lastUpdated], { indicator })
  }
  return part?.total ?? 0
}

function chunks(codes: readonly string[], size: number): string[] {
  const blocks: string[] = []
  for (let at = 0; at < codes.length; at += size) blocks.push(codes.slice(at, at + size).join(';'))
  return blocks
}
