import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryState } from '@millrace/etl-core'
import { arraySource, describeCrashes, describeSink } from '@millrace/etl-testkit'
import { publishedLines } from './published-lines.js'

interface Plant {
  readonly id: number
  readonly name: string
}

const plant = (i: number): Plant => ({ id: i, name: `plant ${i}` })

async function readLines(folder: string): Promise<Plant[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.ndjson')).sort()
  const texts = await Promise.all(names.map(name => readFile(join(folder, name), 'utf8')))
  return texts.flatMap(text => text.split('\n').filter(line => line !== '')).map(line => JSON.parse(line) as Plant)
}

describeSink('publishedLines', {
  record: plant,
  ordered: true,
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'published-lines-'))
    return {
      sink: publishedLines<Plant>(folder),
      readBack: () => readLines(folder),
      close: () => rm(folder, { recursive: true }),
    }
  },
})

// #region crashes
describeCrashes('publishedLines', {
  async build() {
    const folder = await mkdtemp(join(tmpdir(), 'published-lines-'))
    // Outlives each process of the test, as the folder does.
    const state = memoryState()
    return {
      open: () => ({
        source: arraySource({ splits: { a: [1, 2, 3].map(plant), b: [4, 5].map(plant) }, group: 'plants' }),
        sink: publishedLines<Plant>(folder),
        state,
      }),
      read: () => readLines(folder),
      close: () => rm(folder, { recursive: true }),
    }
  },
})
// #endregion
