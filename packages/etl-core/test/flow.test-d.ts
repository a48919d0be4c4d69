// Types of a pipeline follow its records. Checked by `tsc`: a line under `@ts-expect-error` must not compile.
import * as z from 'zod'
import { definePipeline, type Flow, from, type Pipeline, run, type Sink, type Source } from '../src/index.js'

interface Order {
  readonly id: string
  readonly amount: string
  readonly status: 'open' | 'shipped'
  readonly note: string | null
}

declare const orders: Source<Order>
declare function sinkOf<T>(): Sink<T>
type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
declare function check<_T extends true>(): void
type RecordOf<F> = F extends Flow<infer T> ? T : never

const derived = from(orders).derive({ cents: order => Number(order.amount) * 100 })
check<Equal<RecordOf<typeof derived>['cents'], number>>()
const replaced = from(orders).derive({ amount: order => Number(order.amount) })
check<Equal<RecordOf<typeof replaced>['amount'], number>>()
const selected = from(orders).select('id', 'note')
check<Equal<RecordOf<typeof selected>, { readonly id: string; readonly note: string | null }>>()
const omitted = from(orders).omit('note', 'status')
check<Equal<RecordOf<typeof omitted>, { readonly id: string; readonly amount: string }>>()
const renamed = from(orders).rename({ amount: 'total' })
check<Equal<RecordOf<typeof renamed>['total'], string>>()
const cast = from(orders).cast({ amount: 'decimal', id: 'int64', note: z.string() })
check<Equal<RecordOf<typeof cast>['id'], bigint | null>>()
check<Equal<RecordOf<typeof cast>['note'], string>>()
const narrowed = from(orders).filter((order): order is Order & { note: string } => order.note !== null)
check<Equal<RecordOf<typeof narrowed>['note'], string>>()
const many = from(orders).flatMap(order => [order.id, order.id.length])
check<Equal<RecordOf<typeof many>, string | number>>()
const valid = from(orders).validate(z.object({ amount: z.coerce.number() }))
check<Equal<RecordOf<typeof valid>, { amount: number }>>()
const asCame = from(orders).validate(z.object({ amount: z.coerce.number() }), { keep: 'input' })
check<Equal<RecordOf<typeof asCame>['amount'], string>>()
const called = from(orders).eachAsync(async order => order.amount.length)
check<Equal<RecordOf<typeof called>, number>>()

from(orders).into(sinkOf<Order>())
from(orders).into(sinkOf<{ readonly id: string }>())
from(orders).select('id').into(sinkOf<{ readonly id: string }>())

const mapped = from(orders).map(order => ({ id: order.id, size: order.status === 'open' ? 1 : null }))
check<Equal<RecordOf<typeof mapped>, { id: string; size: number | null }>>()
const either = from(orders).map((order): Order | string => (order.note === null ? order : order.note))
check<Equal<RecordOf<typeof either>, Order | string>>()

// @ts-expect-error a promise is no record
from(orders).map(async order => order)
// @ts-expect-error a field the records do not have
from(orders).select('missing')
// @ts-expect-error a field the records do not have
from(orders).omit('missing')
// @ts-expect-error a field the records do not have
from(orders).rename({ missing: 'other' })
// @ts-expect-error a field the records do not have
from(orders).cast({ missing: 'int32' })
// @ts-expect-error no such cast
from(orders).cast({ amount: 'money' })
const withoutAmount = from(orders).omit('amount')
// @ts-expect-error the field was left out before
withoutAmount.derive({ cents: order => order.amount })
const withTotal = from(orders).rename({ amount: 'total' })
// @ts-expect-error the field was renamed before
withTotal.filter(order => order.amount !== '')
// @ts-expect-error an asynchronous filter keeps everything
from(orders).filter(async order => order.amount !== '')
// @ts-expect-error the sink needs a field that was left out
from(orders).select('id').into(sinkOf<{ readonly amount: string }>())
// @ts-expect-error the sink takes numbers, the records hold text
from(orders).into(sinkOf<{ readonly amount: number }>())
// @ts-expect-error a flow without a sink is nothing to run
definePipeline({ name: 'x', build: () => from(orders) })

const withParams = definePipeline({
  name: 'x',
  params: z.object({ since: z.number().default(2000), to: z.string() }),
  volatile: ['to'],
  build: ({ params }) => {
    check<Equal<typeof params, { since: number; to: string }>>()
    return from(orders).into(sinkOf<Order>())
  },
})
check<Equal<typeof withParams extends Pipeline<infer S> ? S['~standard']['vendor'] : never, string>>()

export const calls = () => [
  run(withParams, { to: 'file:./out' }),
  // @ts-expect-error a required parameter is missing
  run(withParams, {}),
  // @ts-expect-error a parameter of the wrong type
  run(withParams, { to: 1 }),
  // @ts-expect-error an unknown run option
  run(withParams, { to: 'file:./out' }, { paralel: 2 }),
]

definePipeline({
  name: 'x',
  params: z.object({ to: z.string() }),
  // @ts-expect-error a volatile name that is no parameter
  volatile: ['from'],
  build: () => from(orders).into(sinkOf<Order>()),
})
