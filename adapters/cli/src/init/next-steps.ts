import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProjectManifest } from './template.js'

/** The commands that follow: into the folder, install, run, test. */
export function nextSteps(
  wanted: ProjectManifest,
  into: string | undefined,
  kept: Partial<ProjectManifest> | undefined,
): string[] {
  return [
    ...(into === undefined ? [] : [`cd ${quoted(into)}`]),
    ...(kept ? completing(wanted, kept) : ['npm install']),
    'npm start',
    'npm test',
  ]
}

/** The package.json that was there; empty if it cannot be read, as npm will say. */
export function keptManifest(folder: string): Partial<ProjectManifest> {
  try {
    const found: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return typeof found === 'object' && found !== null ? found : {}
  } catch {
    return {}
  }
}

/** What gives a package.json that is left alone the settings and packages that the project needs. */
function completing(wanted: ProjectManifest, kept: Partial<ProjectManifest>): string[] {
  const settings = [
    ...(kept.type === wanted.type ? [] : [`type=${wanted.type}`]),
    ...Object.entries(wanted.scripts).flatMap(([name, text]) =>
      kept.scripts?.[name] === text ? [] : [`scripts.${name}=${text}`],
    ),
  ]
  const known = new Set([...Object.keys(kept.dependencies ?? {}), ...Object.keys(kept.devDependencies ?? {})])
  const missing = (ranges: Readonly<Record<string, string>>) =>
    Object.entries(ranges).flatMap(([name, range]) => (known.has(name) ? [] : [quoted(`${name}@${range}`)]))
  const needed = missing(wanted.dependencies)
  const neededToWork = missing(wanted.devDependencies)
  return [
    ...(settings.length === 0 ? [] : [`npm pkg set ${settings.map(quoted).join(' ')}`]),
    ...(needed.length === 0 ? [] : [`npm install ${needed.join(' ')}`]),
    ...(neededToWork.length === 0 ? [] : [`npm install --save-dev ${neededToWork.join(' ')}`]),
    ...(needed.length + neededToWork.length === 0 ? ['npm install'] : []),
  ]
}

/** As every shell takes it, the one of Windows too. */
const quoted = (text: string): string => (/^[\w./=-]+$/.test(text) ? text : `"${text}"`)
