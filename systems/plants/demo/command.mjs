// The real command: called where it is only to work, in a process of its own where it is to be killed.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { main } from '@millrace/cli'

const command = fileURLToPath(new URL('../../../adapters/cli/bin/millrace.js', import.meta.url))

/** Runs a pipeline and returns its report. Throws when it does not end well. */
export async function millrace(pipeline, flags, cwd) {
  let said = ''
  const stream = { write: text => (said += text) }
  const code = await main(['run', pipeline, '--json', ...flags], { stdout: stream, stderr: stream, cwd, isTTY: false })
  const report = said
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line))
    .findLast(event => event.type === 'load.finished')?.report
  if (code !== 0 || !report) throw new Error(`millrace run ${pipeline} ended with ${code}.\n${said}`)
  return report
}

/** Runs a pipeline in a process and kills that as soon as `isSo`. Resolves with how it ended. */
export function killedWhen(isSo, pipeline, flags, cwd) {
  const child = spawn(process.execPath, [command, 'run', pipeline, '--json', ...flags], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let problems = ''
  child.stderr.on('data', text => {
    problems += text
  })
  const looking = setInterval(() => isSo() && child.kill('SIGKILL'), 1)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearInterval(looking)
      resolve({ code, signal, problems })
    })
  })
}
