import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import manifest from '../../package.json' with { type: 'json' }

/** One file of a new project. */
export interface ProjectFile {
  /** Below the project's folder, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** The part of a package.json that a project needs. */
export interface ProjectManifest {
  readonly name: string
  readonly type: string
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

/** npm leaves a `.gitignore` out of the packages it makes. */
const realNames: Readonly<Record<string, string>> = { gitignore: '.gitignore' }

/** The files of a new project, sorted by path. */
export function projectFiles(name: string): readonly ProjectFile[] {
  const folder = templateFolder()
  return filesBelow(folder)
    .map(path => ({ path: realNames[path] ?? path, text: filled(path, readFileSync(join(folder, path), 'utf8'), name) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** The package.json of a new project. Its Millrace packages have the version of this command: all are released together. */
export function projectManifest(name: string): ProjectManifest {
  const template = JSON.parse(readFileSync(join(templateFolder(), 'package.json'), 'utf8')) as ProjectManifest
  const own = `^${manifest.version}`
  const versions = (ranges: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(ranges).map(([each, range]) => [each, each.startsWith('@millrace/') ? own : range]))
  return {
    ...template,
    name,
    dependencies: versions(template.dependencies),
    devDependencies: versions(template.devDependencies),
  }
}

function filled(path: string, text: string, name: string): string {
  if (path === 'package.json') return `${JSON.stringify(projectManifest(name), null, 2)}\n`
  return text.replaceAll('{{name}}', name)
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
}

/** `templates/project` of this package: as deep above a source file as above the built one, or deeper. */
function templateFolder(from = dirname(fileURLToPath(import.meta.url))): string {
  const folder = join(from, 'templates', 'project')
  if (existsSync(join(folder, 'package.json'))) return folder
  if (dirname(from) === from) throw new Error('The folder "templates" of @millrace/cli is not beside its code.')
  return templateFolder(dirname(from))
}
