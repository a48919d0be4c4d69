import { ConfigError, groupOf, hashOf, type RunContext, type Split } from '@millrace/etl-core'
import { expandTemplate, ownFolder } from './template.js'

/** Any text as one segment of a key: itself, or a readable beginning and a hash of all of it. */
export function segmentOf(text: string): string {
  return /^[A-Za-z0-9-][A-Za-z0-9._-]{0,99}$/.test(text) ? text : `${slugOf(text)}-${hashOf(text, 12)}`
}

const slugOf = (text: string) =>
  text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[._]+/, '')
    .slice(0, 80)

/** Everything a load has staged. */
export const stagingOf = (pipeline: string, loadId: string): string => `${ownFolder}/${pipeline}/staging/${segmentOf(loadId)}/`

/** What one split has staged. */
export const splitStagingOf = (pipeline: string, loadId: string, split: string): string =>
  `${stagingOf(pipeline, loadId)}${segmentOf(split)}/`

/** Who publishes to a key: a group of a pipeline, and of its sinks which one, where it has several. */
export interface KeyOwner {
  readonly pipeline: string
  readonly group: string
  /** See `Sink.apart`. */
  readonly part?: string | undefined
}

/** What was published last of a group. The hash is always there: names that differ only in case are one file on some systems. */
export function manifestKeyOf({ pipeline, group, part }: KeyOwner): string {
  const name = part === undefined ? group : `${group}.${part}`
  return `${ownFolder}/${pipeline}/manifests/${slugOf(name) || 'group'}-${hashOf(part === undefined ? group : [group, part], 12)}.json`
}

/** Where a pipeline's state lies at an object place. */
export const statePrefixOf = (pipeline: string): string => `${ownFolder}/${pipeline}/state`

/** Path templates, and what they need beside the splits. */
export interface Targets {
  readonly path: string
  readonly latest?: string | undefined
  readonly extension: string
}

/** What a sink writes where, for people: templates as they are, and the names that it makes itself in angle brackets. */
export function writesText(
  { path, latest, extension }: Targets,
  { shown, append, partitionBy }: { readonly shown: string; readonly append: boolean; readonly partitionBy: readonly string[] },
): string {
  const at = (key: string) => `${shown.replace(/\/$/, '')}/${key}`
  if (!append) return [path, ...(latest === undefined ? [] : [latest])].map(at).join(' and ')
  return at([path, ...partitionBy.map(field => `${field}=<${field}>`), `<batch>.${extension}`].filter(Boolean).join('/'))
}

/**
 * The keys a group is written to, the dated one first.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for unknown fields, for labels that differ between the splits of the group, and for two
 * templates that give one key.
 */
export function keysOf({ path, latest, extension }: Targets, splits: readonly Split[], ctx: RunContext): readonly string[] {
  const templates = latest === undefined ? [path] : [path, latest]
  const keys = templates.map(template => {
    const of = new Set(splits.map(split => expandTemplate(template, valuesOf(split, extension, ctx))))
    if (of.size > 1) throw differing(template, splits[0] as Split, [...of])
    return [...of][0] as string
  })
  if (keys[0] === keys[1]) {
    throw new ConfigError(
      'ETL_CONFIG_INVALID',
      `"path" and "latest" both give "${keys[0]}". Leave "latest" out, or give "path" a field that differs from load to load.`,
    )
  }
  return keys
}

/** The values of a split's template fields. */
export function valuesOf(split: Split, extension: string, { load }: RunContext): Readonly<Record<string, string>> {
  return {
    ...split.labels,
    group: groupOf(split),
    loadId: load.loadId,
    startedOn: new Date(load.startedAtMs).toISOString().slice(0, 10),
    ext: extension,
  }
}

function differing(template: string, split: Split, keys: readonly string[]): ConfigError {
  return new ConfigError(
    'ETL_CONFIG_INVALID',
    `The splits of group "${groupOf(split)}" become one object, and their labels give several for "${template}": ${keys.slice(0, 3).join(', ')}.`,
    { context: { group: groupOf(split), template, keys: keys.slice(0, 10) } },
  )
}
