import type { ErrorJson, FollowerReport, GroupReport, RunReport } from '@millrace/etl-core'
import { bytes, count, counted, duration, fit, printable } from './units.js'

/** Lines at most for groups and for rejects; a report with more is complete as JSON. */
const maxGroups = 20
const maxReasons = 10

/** A report for people: how it ended, what lies where, what did not arrive and why. The error it ended with is told behind it, not in it. */
export function summaryText(report: RunReport): string {
  const { counts } = report
  const lines = [
    `${report.pipeline}: ${report.status}${report.reason ? `, ${inSentence(report.reason)}` : ''} (${duration(report.durationMs)})`,
    ...groupLines(report.groups, report.error),
    `  read ${count(counts.read)}, written ${count(counts.written)}, rejected ${count(counts.rejected)}, left out ${count(counts.dropped)}` +
      `${counts.retries > 0 ? `, ${counted(counts.retries, 'retry', 'retries')}` : ''}`,
    ...sourceLine(counts.source),
    ...requestsLine(report.requests),
    ...rejectLines(report),
    ...report.notes.map(note => `  note: ${note}`),
    `  delivery: ${report.guarantee.delivery}`,
    ...(report.status === 'stopped' ? [leftLine(report)] : []),
  ]
  const following = (report.next ?? []).map(followerText)
  return `${lines.map(line => printable(line)).join('\n')}\n${following.join('')}`
}

/** What the source counted by names of its own. */
function sourceLine(counted: RunReport['counts']['source']): string[] {
  const all = Object.entries(counted ?? {}).map(([name, found]) => `${name} ${count(found)}`)
  return all.length === 0 ? [] : [`  of the source: ${all.join(', ')}`]
}

/** How often others were asked; what for is in the report as JSON. */
function requestsLine(requests: RunReport['requests'] = {}): string[] {
  const sum = (operations: Readonly<Record<string, number>>) => Object.values(operations).reduce((all, each) => all + each, 0)
  const all = Object.entries(requests).map(([service, operations]) => `${service} ${count(sum(operations))}`)
  return all.length === 0 ? [] : [`  requests: ${all.join(', ')}`]
}

/** A sentence within another one: no capital, no full stop. Names that are all capitals stay. */
const inSentence = (text: string): string => text.replace(/\.$/, '').replace(/^[A-Z](?=[a-z]* )/, first => first.toLowerCase())

/** What goes on next time. A run that was stopped while planning has begun nothing, and has no load yet. */
function leftLine({ splits, left, loadId }: RunReport): string {
  if (splits.length === 0) return '  left: everything; run it again'
  if (left === 0) return `  left: no split, only to publish; run it again and it goes on (load ${loadId})`
  return `  left: ${counted(left, 'split')}; run it again and it goes on (load ${loadId})`
}

/** What was started after it: a summary of its own, or why there is none. */
function followerText({ pipeline, loadId, report, error, pending }: FollowerReport): string {
  if (report) return summaryText(report)
  const how = error
    ? `not run: ${error.message.split('\n')[0]} [${error.code}]`
    : pending
      ? 'not started yet; run this again and it starts'
      : 'handed on'
  return `${printable(`${pipeline}: ${how} (load ${loadId})`)}\n`
}

function groupLines(groups: readonly GroupReport[], told: ErrorJson | undefined): string[] {
  // What needs attention must not fall behind the cut.
  const ordered = [...groups.filter(group => group.status === 'failed'), ...groups.filter(group => group.status !== 'failed')]
  const more =
    ordered.length > maxGroups
      ? [`  and ${counted(ordered.length - maxGroups, 'more group')}: ${statusCounts(ordered.slice(maxGroups))}`]
      : []
  return [...ordered.slice(0, maxGroups).flatMap(group => groupLine(group, told)), ...more]
}

function groupLine({ group, status, objects = [], removed, error }: GroupReport, told: ErrorJson | undefined): string[] {
  const name = fit(group, 60)
  if (status === 'failed') return [`  ${name}  ${failureText(error, told)}`]
  const gone = removed === undefined ? '' : `, ${counted(removed, 'record')} removed at the source`
  if (objects.length === 0) return [`  ${name}  ${status}${gone}`]
  const places = objects
    .slice(0, 3)
    .map(object => `${object.place} (${object.change === 'same' ? 'the same' : object.change}, ${bytes(object.bytes)})`)
  const more = objects.length > 3 ? `, and ${counted(objects.length - 3, 'more object')}` : ''
  return [`  ${name}  ${status}: ${places.join(', ')}${more}${gone}`]
}

function failureText(error: ErrorJson | undefined, told: ErrorJson | undefined): string {
  if (!error) return 'failed: see its splits'
  const isTold = error.code === told?.code && error.message === told.message
  return isTold ? `failed [${error.code}]` : `failed: ${error.message.split('\n')[0]} [${error.code}]`
}

function statusCounts(groups: readonly GroupReport[]): string {
  const by = new Map<string, number>()
  for (const { status } of groups) by.set(status, (by.get(status) ?? 0) + 1)
  return [...by].map(([status, found]) => `${count(found)} ${status}`).join(', ')
}

function rejectLines({ rejects, counts, state }: RunReport): string[] {
  if (counts.rejected === 0) return []
  const reasons = Object.entries(rejects.byReason).sort(([, a], [, b]) => b - a)
  const more = reasons.length > maxReasons ? [`    and ${counted(reasons.length - maxReasons, 'more reason')}`] : []
  return [
    `  rejects (kept in ${state}):`,
    ...reasons.slice(0, maxReasons).map(([reason, found]) => `    ${count(found)}  ${reason}`),
    ...more,
  ]
}
