import type { Batch } from './batch.js'
import { ConfigError } from './errors.js'
import { jointSink } from './joint-sink.js'
import type { Json } from './json.js'
import { all } from './sides.js'
import type { RefusedRow, Sink, SinkCapabilities, WriteResult } from './sink.js'

/**
 * One sink made of two or more: each gets every batch.
 *
 * It promises what the weakest of them does. A split goes on at the oldest of their checkpoints; a sink that is ahead does not get again
 * what it has. Groups are published one sink after the other, in the order given, and the bookmark follows the last one: a crash between
 * two publishes again, which is repeatable. A row that one of them cannot take is a reject, though the others have it. State and rejects
 * lie with the first sink that has a place for them.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` unless writing a batch again leaves one copy in each sink (`replay: 'idempotent'`), and for sinks
 * of which one replaces groups and another appends: no replay of rejects could serve both.
 * @example
 * flow.into(tee(connect.objects(params.to, { path: '{group}.csv', format: csv() }), connect.objects(params.to, { path: '{group}.parquet', format: parquet() })))
 */
export function tee<T>(first: Sink<T>, second: Sink<T>, ...more: readonly Sink<T>[]): Sink<T> {
  const given = [first, second, ...more]
  refuseUnfit(given)
  return teeNamed('tee', given)
}

/** @param name - Of the books its sinks keep. A tee within a tee names its own after where it stands. */
function teeNamed<T>(name: string, given: readonly Sink<T>[]): Sink<T> {
  const sinks = given.map((sink, index) => sink.apart?.(`${name}-${index + 1}`) ?? sink)
  return Object.freeze<Sink<T>>({
    ...jointSink<T>(sinks, {
      name: given.map(sink => sink.name).join(' and '),
      capabilities: weakestOf(given),
      writerOver: joint => ({
        async write(batch: Batch<T>): Promise<WriteResult> {
          const refused = await all(sinks, (_, side) => joint.write(side, batch))
          return { rejected: inOneList(refused, sinks) }
        },
      }),
    }),
    ...writesOf(given),
    get layout(): Json {
      return { tee: sinks.map(({ name, layout }) => ({ name, layout: layout ?? null })) }
    },
    apart: other => teeNamed(other, given),
    async stillPublished(group, ctx) {
      const there = await all(sinks, async sink => (await sink.stillPublished?.(group, ctx)) ?? true)
      return there.every(Boolean)
    },
  })
}

function refuseUnfit<T>(sinks: readonly Sink<T>[]): void {
  const doubling = sinks.filter(({ capabilities }) => capabilities.replay !== 'idempotent').map(({ name }) => `"${name}"`)
  const does = (disposition: SinkCapabilities['disposition']) =>
    sinks.find(({ capabilities }) => capabilities.disposition === disposition)?.name
  const problems = [
    ...(doubling.length > 0 ? [`${doubling.join(' and ')} would hold a batch twice that is written again`] : []),
    ...(does('replace') !== undefined && does('append') !== undefined
      ? [`"${does('replace')}" replaces groups and "${does('append')}" appends, and no replay of rejects could serve both`]
      : []),
  ]
  if (problems.length > 0) throw new ConfigError('ETL_CONFIG_INVALID', `tee() cannot join these sinks: ${problems.join('; ')}.`)
}

/** For people: all that say it. */
function writesOf<T>(sinks: readonly Sink<T>[]): Pick<Sink<T>, 'writes'> {
  const all = sinks.flatMap(({ writes }) => writes ?? [])
  return all.length === 0 ? {} : { writes: all.join(' and ') }
}

/** Appending is weaker than merging. Beside one that replaces, a merging sink is loaded group by group as well. */
function weakestOf<T>(sinks: readonly Sink<T>[]): SinkCapabilities {
  const dispositions = new Set(sinks.map(({ capabilities }) => capabilities.disposition))
  return {
    disposition: dispositions.has('replace') ? 'replace' : dispositions.has('append') ? 'append' : 'merge',
    durableAt: sinks.some(({ capabilities }) => capabilities.durableAt === 'commit') ? 'commit' : 'flush',
    replay: 'idempotent',
    cursor: 'outside',
  }
}

/** Each row once, with what the first sink that refused it said, and `partial` where another one has it, or a part of a tee within. */
function inOneList<T>(refused: readonly (readonly RefusedRow[])[], sinks: readonly Sink<T>[]): RefusedRow[] {
  const byRow = new Map<number, { readonly first: RefusedRow; readonly times: number; readonly partial: boolean }>()
  for (const each of refused.flat()) {
    const known = byRow.get(each.row) ?? { first: each, times: 0, partial: false }
    byRow.set(each.row, { ...known, times: known.times + 1, partial: known.partial || each.partial === true })
  }
  const rows = [...byRow.values()].sort((a, b) => a.first.row - b.first.row)
  return rows.map(({ first, times, partial }) => (partial || times < sinks.length ? { ...first, partial: true as const } : first))
}
