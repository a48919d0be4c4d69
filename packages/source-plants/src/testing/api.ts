import { bodyOf, type Generation, localText, type Moment } from './bodies.js'
import type { Answer, Fault } from './faults.js'

/** Which plants there are. */
export interface Stock {
  /** The highest id of a plant. */
  plants: number
  readonly holes: ReadonlySet<number>
  readonly loans: ReadonlySet<number>
  /** Changes made to the bodies of plants. */
  readonly changes: ReadonlyMap<number, (body: Record<string, unknown>) => unknown>
}

const json = 'application/json'

/** What the API says of itself. */
export const rootAnswer = ({ plants }: Stock): Answer => ({
  status: 200,
  contentType: json,
  body: JSON.stringify({ success: true, plants_on_display: plants }),
})

export const notThere: Answer = { status: 404, contentType: 'text/html', body: '<html><body><h1>Not Found</h1></body></html>\n' }

/** What the API says of a plant. `fault` is one that it answers with itself, or none. */
export function plantAnswer(id: number, stock: Stock, moment: Moment, fault: Fault | undefined): Answer {
  if (fault === 'sensorFault') return errorAnswer(500, 'plant sensor fault', id, moment.generation)
  // Generation 1 counts from the end, as its language does.
  if (id === 0 && moment.generation === 1) return found({ ...bodyOf(stock.plants, moment), plant_id: 0 })
  if (stock.loans.has(id)) return errorAnswer(404, 'plant on loan to another museum', id, moment.generation)
  if (id < 1 || id > stock.plants || stock.holes.has(id)) return errorAnswer(404, 'plant not found', id, moment.generation)
  const body = bodyOf(id, moment)
  const dated = fault === 'tomorrow' ? { ...body, recording_taken: aDayLater(moment) } : body
  return found(stock.changes.get(id)?.(dated) ?? dated)
}

function aDayLater({ nowMs, generation, timeZone }: Moment): string {
  const tomorrowMs = nowMs + 86_400_000
  if (generation === 2) return new Date(tomorrowMs).toISOString()
  return localText(tomorrowMs, timeZone, generation === 1 ? ' ' : 'T')
}

const found = (body: unknown): Answer => ({ status: 200, contentType: json, body: JSON.stringify(body) })

/** Generation 1 says 200 whatever happens. */
function errorAnswer(status: number, error: string, id: number, generation: Generation): Answer {
  return { status: generation === 1 ? 200 : status, contentType: json, body: JSON.stringify({ error, plant_id: id }) }
}
