import type { HttpReader } from '@millrace/http'
import type { Call } from './api.js'
import { type Country, type IndicatorInfo, indicatorInfo, listCountries } from './metadata.js'
import type { Settings } from './options.js'

/** What is joined to observations, asked for once by each source and shared by its splits. */
export interface Lookups {
  /** By two-letter code. */
  countries(call: Call): Promise<ReadonlyMap<string, Country>>
  indicator(id: string, call: Call): Promise<IndicatorInfo | undefined>
}

export function lookupsOf(reader: HttpReader, { apiUrl, language }: Settings): Lookups {
  const countries = once(async call => {
    const listed = await listCountries(reader, { apiUrl, language, ...call })
    return new Map(listed.map(country => [country.iso2Code, country]))
  })
  const infos = new Map<string, (call: Call) => Promise<IndicatorInfo | undefined>>()
  return {
    countries,
    indicator(id, call) {
      const known = infos.get(id) ?? once(inner => indicatorInfo(reader, id, { apiUrl, language, ...inner }))
      infos.set(id, known)
      return known(call)
    },
  }
}

/**
 * Loads a value at its first use. A failure is not kept. It ends with the signal of the split that happened to come first, so another split
 * that waited for it then tries with its own.
 */
export function once<V>(load: (call: Call) => Promise<V>): (call: Call) => Promise<V> {
  let pending: Promise<V> | undefined
  const begin = (call: Call) => {
    const begun = load(call)
    pending = begun
    begun.catch(() => {
      if (pending === begun) pending = undefined
    })
    return begun
  }
  return async call => {
    while (pending) {
      const value = await pending.then(
        value => ({ value }),
        () => undefined,
      )
      call.signal?.throwIfAborted()
      if (value) return value.value
    }
    return begin(call)
  }
}
