import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import type { RunReport } from '@millrace/etl-core'
import { tempFolder } from './command.js'
import { unzipTo } from './zip.js'

/** What came of a call: one of them. */
export interface Answer {
  readonly report?: RunReport
  readonly error?: { readonly name: string; readonly code: string; readonly message: string; readonly stack: string }
}

const caller = `
import { handler } from './index.mjs'
const { log } = console
process.stdout.write = () => true
const tell = answer => process.stderr.write(JSON.stringify(answer))
const [event, context] = [JSON.parse(process.argv[2]), { awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 }]
await handler(event, context).then(
  report => tell({ report }),
  ({ name, code, message, stack }) => tell({ error: { name, code, message, stack } }),
)
`

/** Unpacks a bundle where no package can be found, and calls its handler in a process of plain Node. */
export async function callBundled(zip: Uint8Array, event: unknown): Promise<Answer> {
  const folder = unzipTo(join(tempFolder(), 'task'), zip)
  writeFileSync(join(folder, 'call.mjs'), caller)
  const { NODE_OPTIONS: _, NODE_PATH: __, ...env } = process.env
  const child = spawn(process.execPath, ['--enable-source-maps', '--no-warnings', 'call.mjs', JSON.stringify(event)], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return (await json(child.stderr)) as Answer
}
