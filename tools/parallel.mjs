import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Runs `work` over the items, two at a time (what a small CI machine has cores for), and gives the results in order. */
export async function twoAtATime(items, work) {
  const results = []
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all([worker(), worker()])
  return results
}

/** Runs a program to its end: `{ ok, output }`, with both streams in one text. Never throws for a failing program. */
export async function runProgram(file, args, options = {}) {
  try {
    const { stdout, stderr } = await execute(file, args, { maxBuffer: 64 * 1024 * 1024, ...options })
    return { ok: true, stdout, output: stdout + stderr }
  } catch (error) {
    return { ok: false, stdout: error.stdout ?? '', output: `${error.stdout ?? ''}${error.stderr ?? ''}` || String(error) }
  }
}
