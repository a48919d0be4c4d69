import { type Format, type FormatInput, type Json, RecordError, type UnitReceipt } from '@millrace/etl-core'

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** One record per line, one line per batch border allowed: a unit may end anywhere. Texts with `!` are refused. */
export const lines: Format<string> = {
  name: 'lines',
  extension: 'txt',
  contentType: 'text/plain',
  layout: { format: 'lines' },
  encoder: () => ({
    write(records) {
      refuse(records)
      return records.length === 0 ? [] : [bytesOf(records.map(each => `${each}\n`).join(''))]
    },
    end: () => ({ bytes: [] }),
  }),
  assemble: () => ({ head: bytesOf('# begin\n'), between: bytesOf(''), tail: bytesOf('# end\n') }),
  async *decode(input: FormatInput, from) {
    let [byte, text] = [typeof from === 'number' ? from : 0, '']
    for await (const chunk of input.stream(byte)) {
      text += Buffer.from(chunk).toString('latin1')
      const end = text.lastIndexOf('\n') + 1
      const records = text.slice(0, end).split('\n').slice(0, -1)
      byte += end
      text = text.slice(end)
      yield { records: records.filter(each => !each.startsWith('#')), cursor: byte }
    }
  },
}

/** Units of counted records with something between and around them that depends on each unit's own facts: what Parquet needs. */
export function counted(unitRecords: number): Format<string> {
  return {
    ...lines,
    name: 'counted',
    extension: 'cnt',
    layout: { format: 'counted', unitRecords },
    unitRecords,
    encoder() {
      let longest = 0
      return {
        write(records) {
          refuse(records)
          for (const record of records) longest = Math.max(longest, record.length)
          return records.map(each => bytesOf(`${each}\n`))
        },
        end() {
          const meta = { longest }
          longest = 0
          return { bytes: [bytesOf('end of unit\n')], meta }
        },
      }
    },
    assemble: units => ({
      head: bytesOf('head\n'),
      between: bytesOf('----\n'),
      tail: bytesOf(`${JSON.stringify(units.map(footer))}\n`),
    }),
  }
}

const footer = ({ bytes, records, meta }: UnitReceipt): Json => [bytes, records, (meta as { longest: number }).longest]

function refuse(records: readonly string[]): void {
  const row = records.findIndex(each => each.includes('!'))
  if (row >= 0) throw new RecordError('ETL_RECORD_REFUSED', `"${records[row]}" is refused.`, { context: { row } })
}
