import { type Source, SourceError, splitId } from '@millrace/etl-core'
import { type HttpReader, httpReader } from '@millrace/http'

export interface Ticket {
  readonly id: number
  readonly title: string
}

/** The tickets of a help desk: `GET <url>/tickets?page=1` answers `{ "tickets": […], "pages": 3 }`. */
export function tickets(url: string, client: HttpReader = httpReader()): Source<Ticket> {
  return {
    name: 'tickets',
    capabilities: { resumable: true, rereads: 'same' },

    async plan() {
      return { splits: [{ id: splitId('tickets', url), params: null }] }
    },

    // The cursor is the page to go on with, or null behind the last one.
    async *read(_split, from, { signal }) {
      let page = from === undefined ? 1 : (from as number | null)
      while (page !== null) {
        const address = `${url}/tickets?page=${page}`
        const answer = parsePage((await client.request(address, { signal })).text(), address)
        page = page < answer.pages ? page + 1 : null
        yield { records: answer.tickets, cursor: page }
      }
    },
  }
}

function parsePage(text: string, address: string): { readonly tickets: readonly Ticket[]; readonly pages: number } {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SourceError('ETL_SOURCE_MALFORMED', `${address} answered with something that is not JSON.`, { cause })
  }
}
