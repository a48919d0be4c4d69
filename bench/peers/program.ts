import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { Costs } from '../case.js'

/** How often a running program's memory is looked at. The mark only rises, so the last look is the peak, or very near. */
const lookEveryMs = 10

/**
 * Runs a program to its end, with its output in a file. The shell's own `times` tells the CPU time of what it ran.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#times
 */
export async function program(command: readonly string[], output: string): Promise<Costs> {
  const out = openSync(output, 'w')
  const began = performance.now()
  const script = `"$@" >&3 & echo $! >&2; wait $! || exit 1; times >&2`
  const child = spawn('sh', ['-c', script, 'sh', ...command], { stdio: ['ignore', 'ignore', 'pipe', out] })
  closeSync(out)
  const told = text(child.stderr as NodeJS.ReadableStream)
  let pid = ''
  child.stderr?.once('data', (first: Buffer) => {
    pid = first.toString().split('\n')[0] ?? ''
  })
  let peakBytes = 0
  const looking = setInterval(() => {
    if (pid !== '') peakBytes = Math.max(peakBytes, peakOf(pid))
  }, lookEveryMs)
  const [code] = await once(child, 'close')
  clearInterval(looking)
  const wallMs = performance.now() - began
  const lines = (await told).trim().split('\n')
  if (code !== 0) throw new Error(`${command[0]} ended with exit code ${code}: ${lines.slice(1).join(' ')}`)
  return { wallMs, cpuMs: cpuMsOf(lines.at(-1) ?? ''), peakBytes }
}

/** The line of the children: `0m1.250000s 0m0.030000s`. */
function cpuMsOf(line: string): number {
  const spent = [...line.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds))
  if (spent.length !== 2) throw new Error(`The shell's times are not as expected: ${line}`)
  return spent.reduce((sum, each) => sum + each, 0) * 1000
}

function peakOf(pid: string): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
