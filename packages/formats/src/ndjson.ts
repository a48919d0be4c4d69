import type { Format, UnitEncoder } from '@millrace/etl-core'
import { checkJsonOptions, type JsonOptions } from './json-options.js'
import { jsonText } from './json-text.js'
import { decodeLines } from './ndjson-read.js'
import { withLimit } from './options.js'
import { utf8 } from './text.js'

const nothing = new Uint8Array(0)

/**
 * Newline-delimited JSON (JSON Lines), in UTF-8: one JSON text per line.
 *
 * Writing: `JSON.stringify` and a line feed. Big integers become decimal text, bytes base64, dates ISO text; fields that are `undefined`
 * are left out. `NaN`, infinities, functions, maps and sets are RecordError `ETL_RECORD_REFUSED`. A unit may end after any batch.
 *
 * Reading: lines end with LF or CRLF, blank lines are no records, a byte order mark is passed over. A line that is not JSON, is not UTF-8
 * or is longer than `maxRecordBytes` becomes an Unreadable with `{ line, byte }`, and `column` (from 1) where JSON tells it.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for unknown options.
 * @example
 * ndjson({ exactNumbers: true })   // {"id":9007199254740993} is read as { id: '9007199254740993' }
 */
export function ndjson<T = unknown>(options: JsonOptions = {}): Format<T> {
  checkJsonOptions('ndjson', options)
  return Object.freeze<Format<T>>({
    name: 'ndjson',
    extension: 'ndjson',
    contentType: 'application/x-ndjson',
    layout: { format: 'ndjson' },
    encoder: lineEncoder<T>,
    assemble: () => ({ head: nothing, between: nothing, tail: nothing }),
    decode: (input, from, limits) => decodeLines<T>(input, from, options, withLimit(limits, options.maxRecordBytes)),
  })
}

function lineEncoder<T>(): UnitEncoder<T> {
  return {
    write(records) {
      if (records.length === 0) return []
      let text = ''
      for (let row = 0; row < records.length; row++) text += `${jsonText(records[row], row)}\n`
      return [utf8(text)]
    },
    end: () => ({ bytes: [] }),
  }
}
