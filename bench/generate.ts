import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { fieldsOf, type InputKind, inputOfKind } from './inputs/index.js'

const rowsPerWrite = 1000

/**
 * Writes an input file of so many rows, always the same. Its few lines of CSV are nobody's library, so no side of a comparison reads back
 * what it wrote itself.
 */
async function generate(kind: InputKind, file: string, records: number): Promise<void> {
  const { extension, rowAt } = inputOfKind(kind)
  const line = extension === 'csv' ? csvLine : (row: object) => `${JSON.stringify(row)}\n`
  const out = createWriteStream(file)
  const done = finished(out)
  if (extension === 'csv') out.write(`${fieldsOf(kind).join(',')}\n`)
  for (let at = 0; at < records; at += rowsPerWrite) {
    let text = ''
    for (let index = at; index < Math.min(at + rowsPerWrite, records); index++) text += line(rowAt(index))
    if (!out.write(text)) await once(out, 'drain')
  }
  out.end()
  await done
}

const csvLine = (row: object) => `${Object.values(row).map(field).join(',')}\n`
const field = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

// A process of its own: the one that starts the measured processes stays small.
const [kind = 'orders', file = '', records = '0'] = process.argv.slice(2)
await generate(kind as InputKind, file, Number(records))
