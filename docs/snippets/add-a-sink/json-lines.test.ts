import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awkwardTexts, describeSink } from '@millrace/etl-testkit'
import { jsonLines } from './json-lines.js'

interface Plant {
  readonly id: number
  readonly name: string
}

/** What a reader of the folder sees. */
async function readLines(folder: string): Promise<Plant[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.ndjson'))
  const texts = await Promise.all(names.map(name => readFile(join(folder, name), 'utf8')))
  return texts.flatMap(text => text.split('\n').filter(line => line !== '')).map(line => JSON.parse(line) as Plant)
}

describeSink('jsonLines', {
  record: (i): Plant => ({ id: i, name: `plant ${i}` }),
  awkward: awkwardTexts.map((name, id) => ({ id, name })),
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'json-lines-'))
    return {
      sink: jsonLines<Plant>(folder),
      readBack: () => readLines(folder),
      close: () => rm(folder, { recursive: true }),
    }
  },
})
