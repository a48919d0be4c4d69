import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { stringify } from 'csv-stringify'
import type { Run } from '../case.js'
import type { Indicator } from '../inputs/indicators.js'
import { isKept, valuedFields, valuedIndicator, withMillions } from '../work.js'
import { fromMore } from './more.js'

/** As much of Effect's Stream as is used here. */
interface Effect {
  Stream: {
    fromAsyncIterable<T>(items: AsyncIterable<T>, onError: (error: unknown) => unknown): Stream<T>
    filter<T>(keep: (item: T) => boolean): (stream: Stream<T>) => Stream<T>
    map<T, U>(make: (item: T) => U): (stream: Stream<T>) => Stream<U>
    toAsyncIterable<T>(stream: Stream<T>): AsyncIterable<T>
  }
}
interface Stream<T> {
  pipe<U, V>(first: (stream: Stream<T>) => Stream<U>, second: (stream: Stream<U>) => Stream<V>): Stream<V>
}

/** Effect's Stream between csv-parse and csv-stringify, as it has no CSV of its own; zod checks as everywhere. */
export const workByEffect: Run = async ({ input, records, folder }) => {
  const { Stream } = await fromMore<Effect>('effect')
  const file = join(folder, 'valued.csv')
  let recordsOut = 0
  const rows: AsyncIterable<Indicator> = createReadStream(input).pipe(parse({ columns: true }))
  const valued = Stream.fromAsyncIterable(rows, error => error).pipe(
    Stream.filter(isKept),
    Stream.map((row: Indicator) => {
      recordsOut++
      return valuedIndicator.parse(withMillions(row))
    }),
  )
  const output = createWriteStream(file)
  await pipeline(Stream.toAsyncIterable(valued), stringify({ header: true, columns: valuedFields }), output)
  return { recordsIn: records, recordsOut, bytesOut: output.bytesWritten, file }
}
