import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type CommandIo, main } from '@millrace/cli'
import { repositoryRoot } from '../../tools/workspaces.mjs'

/** Copies of the snippets in a folder of their own, so that `file:./out` lies there and the World Bank is a server on this computer. */
export interface SnippetWorld {
  readonly folder: string
  /** Imports a snippet's copy; what it does at its top level is done then. */
  load<M>(file: string): Promise<M>
  /** Runs a line of a shell snippet. */
  command(line: string): Promise<{ readonly code: number; readonly out: string; readonly err: string }>
  /** Writes a file into the folder. */
  write(file: string, text: string): void
  read(file: string): string
  /** The files below a folder, sorted. */
  files(below: string): string[]
  close(): void
}

const snippets = join(repositoryRoot, 'docs/snippets')

/** @param apiUrl - What stands in for the World Bank; without it a snippet that asks it would leave this computer. */
export function snippetWorld(apiUrl = 'http://127.0.0.1:9'): SnippetWorld {
  // Below the repository, so that its packages are found. `out` is ignored by git.
  mkdirSync(join(repositoryRoot, 'out'), { recursive: true })
  const folder = mkdtempSync(join(repositoryRoot, 'out/snippets-'))
  cpSync(snippets, folder, { recursive: true, filter: name => !name.endsWith('.test.ts') })
  for (const file of filesBelow(folder).filter(name => name.endsWith('.ts'))) {
    const text = readFileSync(join(folder, file), 'utf8')
      .replaceAll("'file:./", `'file:${folder}/`)
      .replaceAll("('./", `('${folder}/`)
      .replaceAll("indicators: ['SP.POP.TOTL']", `indicators: ['SP.POP.TOTL'], apiUrl: '${apiUrl}'`)
    writeFileSync(join(folder, file), text)
  }
  return {
    folder,
    load: file => import(/* @vite-ignore */ join(folder, file)),
    command: line => command(line.replace(/ #.*$/, '').trim().split(/\s+/).slice(2), folder),
    write(file, text) {
      mkdirSync(join(folder, file, '..'), { recursive: true })
      writeFileSync(join(folder, file), text)
    },
    read: file => readFileSync(join(folder, file), 'utf8'),
    files: below => filesBelow(join(folder, below)).map(name => `${below}/${name}`),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
}

/** The commands of a shell snippet, without comments. */
export function commandsOf(text: string): string[] {
  return text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
}

async function command(argv: readonly string[], cwd: string, over: Partial<CommandIo> = {}) {
  let out = ''
  let err = ''
  const code = await main(
    argv.map(each => each.replace(/^file:\.\//, `file:${cwd}/`)),
    {
      stdout: { write: text => (out += text) },
      stderr: { write: text => (err += text) },
      env: {},
      cwd,
      isTTY: true,
      columns: 130,
      rows: 40,
      onSignal: () => () => {},
      ask: undefined,
      ...over,
    },
  )
  return { code, out, err }
}
