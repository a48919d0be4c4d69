import { ByteLines } from './byte-lines.js'
import type { CsvColumns } from './cell.js'
import { type CsvSettings, isPlainDialect } from './options.js'
import { valuePutter } from './put-value.js'

type Fields = Readonly<Record<string, unknown>>

/** Writes records whose fields all have a column. `undefined`: one has a value that cannot be a field. */
export type RecordWriter = (records: readonly object[]) => Buffer | undefined

/** Writes lines straight as bytes, of values as they mostly are: for the others, and for what is wrong with them, another writer is asked. */
export function recordWriter({ names }: CsvColumns, settings: CsvSettings): RecordWriter {
  if (!isPlainDialect(settings)) return () => undefined
  const lines = new ByteLines(settings)
  const put = valuePutter(settings, names.length, lines)
  const { delimiter, lineEnd } = settings
  const putRecord = compiled(names)?.(put, () => lines.ascii(delimiter)) ?? looped(names, put, () => lines.ascii(delimiter))
  return records => {
    lines.clear()
    for (let row = 0; row < records.length; row++) {
      if (!putRecord(records[row] as Fields)) return undefined
      lines.ascii(lineEnd)
    }
    return lines.taken()
  }
}

type Put = (value: unknown) => boolean
type PutRecord = (record: Fields) => boolean

/** More columns would make the code large. */
const mostCompiledColumns = 200

/** Each field is read at a place of its own in the code, which V8 makes quick. */
function compiled(names: readonly string[]): ((put: Put, comma: () => void) => PutRecord) | undefined {
  if (names.length > mostCompiledColumns) return undefined
  const fields = names.map(name => `if (!put(record[${JSON.stringify(name)}])) return false`)
  try {
    return new Function('put', 'comma', `return record => {\n${fields.join('\ncomma()\n')}\nreturn true\n}`) as ReturnType<
      typeof compiled
    >
  } catch {
    // Code from text is forbidden.
    return undefined
  }
}

function looped(names: readonly string[], put: Put, comma: () => void): PutRecord {
  return record => {
    for (let index = 0; index < names.length; index++) {
      if (index > 0) comma()
      if (!put(record[names[index] as string])) return false
    }
    return true
  }
}
