import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { startLambda, type TestLambda } from '@millrace/etl-testkit/lambda'
import { unzipSync } from 'fflate'

const command = fileURLToPath(new URL('../../../adapters/cli/bin/millrace.js', import.meta.url))
const installed = fileURLToPath(new URL('../../../node_modules/@duckdb', import.meta.url))

/** The Nodes that functions are run on: those `MILLRACE_TEST_NODES` names, separated by colons, else the one that runs the tests. */
export const nodes: readonly string[] = process.env.MILLRACE_TEST_NODES?.split(':') ?? [process.execPath]

/** A pipeline's bundle, unpacked as Lambda does it, and DuckDB's native code in a layer beside it, as the zip holds none. */
export async function bundled(pipeline: string, folder: string): Promise<string> {
  const zip = join(folder, `${pipeline}.zip`)
  const child = spawn(process.execPath, [command, 'bundle', pipeline, '--out', zip], { stdio: ['ignore', 'ignore', 'pipe'] })
  const [problems, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  if (code !== 0) throw new Error(problems)
  const taskRoot = join(folder, pipeline, 'task')
  await mkdir(taskRoot, { recursive: true })
  for (const [name, bytes] of Object.entries(unzipSync(await readFile(zip)))) await writeFile(join(taskRoot, name), bytes)
  const layer = join(folder, pipeline, 'layer')
  await mkdir(layer)
  await symlink(installed, join(layer, '@duckdb'))
  return taskRoot
}

/** The function of a bundle, in a process of its own, with as much memory as gives a run the buffers that it has elsewhere: 64 MiB. */
export const deployed = (taskRoot: string, node: string): Promise<TestLambda> =>
  startLambda({ taskRoot, handler: 'index.handler', node, memoryMiB: 352, env: { NODE_PATH: join(taskRoot, '../layer') } })
