import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { type Order, orderAt } from './orders.js'

const rowsPerWrite = 1000

/**
 * Writes the input file: CSV of so many order lines, the same for the same seed. Its few lines of CSV are nobody's library, so neither
 * side of the comparison reads back what it wrote itself.
 */
async function generate(file: string, records: number): Promise<void> {
  const out = createWriteStream(file)
  const done = finished(out)
  out.write(`${Object.keys(orderAt(0)).join(',')}\n`)
  for (let at = 0; at < records; at += rowsPerWrite) {
    let text = ''
    for (let index = at; index < Math.min(at + rowsPerWrite, records); index++) text += line(orderAt(index))
    if (!out.write(text)) await once(out, 'drain')
  }
  out.end()
  await done
}

const line = (order: Order) => `${Object.values(order).map(field).join(',')}\n`
const field = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

// A process of its own: the one that starts the measured processes stays small.
const [file = '', records = '0'] = process.argv.slice(2)
await generate(file, Number(records))
