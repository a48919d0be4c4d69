import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new folder that is removed with the test. */
export async function tempFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-objects-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** Every file and folder below a path, by name, folders with a slash. */
export async function treeOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .map(entry => `${join(entry.parentPath, entry.name).slice(path.length + 1)}${entry.isDirectory() ? '/' : ''}`)
    .sort()
}
