import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLambda, type TestLambda } from '@millrace/etl-testkit/lambda'
import { unzipSync } from 'fflate'
import { millrace } from './world.js'

/** The Nodes that functions are run on: those `MILLRACE_TEST_NODES` names, separated by colons, else the one that runs the tests. */
export const nodes: readonly string[] = process.env.MILLRACE_TEST_NODES?.split(':') ?? [process.execPath]

/** The folder of the pipeline's bundle, unpacked as Lambda does it: where no package can be found. */
export async function bundled(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-worldbank-'))
  const zip = join(folder, 'worldbank.zip')
  const { code, stderr } = await millrace(['bundle', 'worldbank', '--out', zip]).ended
  if (code !== 0) throw new Error(stderr)
  const taskRoot = join(folder, 'task')
  mkdirSync(taskRoot)
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(zip)))) writeFileSync(join(taskRoot, name), bytes)
  return taskRoot
}

/** The function of a bundle, in a process of its own. */
export const deployed = (taskRoot: string, node: string, env: Readonly<Record<string, string>> = {}): Promise<TestLambda> =>
  startLambda({ taskRoot, handler: 'index.handler', node, env })
