import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exitCodes, main } from '@millrace/cli'
import { isEtlError, memoryState, type RunReport } from '@millrace/etl-core'
import { type AdapterAnswer, type AdapterSuite, adapterCases } from '@millrace/etl-testkit/cases'
import { lambdaHandler } from '@millrace/lambda'
import type { Suites } from '../suites.js'

const silent = { write: () => true }

/** The command loads its pipeline from a file; this one hands over the pipeline of the case. */
const command: AdapterSuite = {
  async run(pipeline, { params, stopped }) {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-planted-'))
    try {
      Object.assign(globalThis, { pipelineOfTheCase: pipeline })
      await writeFile(join(folder, 'pipeline.mjs'), 'export default globalThis.pipelineOfTheCase\n')
      const flags = Object.entries(params).flatMap(([name, value]) => [`--${name}`, String(value)])
      const code = await main(['run', './pipeline.mjs', ...flags], {
        cwd: folder,
        env: {},
        stdout: silent,
        stderr: silent,
        isTTY: false,
        onSignal(signal, handle) {
          if (stopped && signal === 'SIGTERM') handle()
          return () => undefined
        },
      })
      return answers[code] ?? 'failed'
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

const answers: Readonly<Record<number, AdapterAnswer>> = {
  [exitCodes.done]: 'done',
  [exitCodes.failed]: 'failed',
  [exitCodes.wrongUse]: 'refused',
  [exitCodes.stopped]: 'stopped',
}

/** A function's deadline is near where the run is to stop. */
const lambda: AdapterSuite = {
  async run(pipeline, { params, stopped }) {
    const handler = lambdaHandler(pipeline, { write: () => undefined, run: { state: memoryState() } })
    const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => (stopped ? 500 : 60_000) }
    try {
      return ((await handler(params, context)) as RunReport).status === 'stopped' ? 'stopped' : 'done'
    } catch (error) {
      return isEtlError(error) && error.name === 'ConfigError' ? 'refused' : 'failed'
    }
  },
}

/** What runs pipelines for others. */
export const suites: Suites = {
  'the command': () => adapterCases(command),
  'a Lambda': () => adapterCases(lambda),
}
