import { type Source, splitId } from '@millrace/etl-core'
import { type HttpReader, httpReader } from '@millrace/http'
import { type Ticket, tickets } from './tickets.js'

/** {@link tickets}, read only when there is something new: `GET <url>/tickets/changed` answers with the time of the last change. */
export function changedTickets(url: string, client: HttpReader = httpReader()): Source<Ticket> {
  return {
    ...tickets(url, client),
    // #region plan
    async plan({ bookmarks, signal }) {
      const changed = (await client.request(`${url}/tickets/changed`, { signal })).text()
      if (bookmarks.get('tickets') === changed) return { splits: [], skipped: [{ group: 'tickets', reason: 'unchanged' }] }
      const split = { id: splitId('tickets', [url, changed]), params: null, group: 'tickets', labels: { changed } }
      return { splits: [split], bookmarks: { tickets: changed } }
    },
    // #endregion
  }
}
