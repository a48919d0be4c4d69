import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { definePipeline, from, memoryState } from '@millrace/etl-core'
import { memorySink } from '@millrace/etl-testkit'
import { expect, onTestFinished, test } from 'vitest'
import { lambdaHandler } from '../src/index.js'
import { contextOf } from './support/deployed.js'

/** A handler whose invocations never end by themselves, as one is that Lambda has killed. */
function hanging() {
  const pipeline = definePipeline({
    name: 'hanging',
    build: () =>
      from<number>({
        name: 'hanging',
        capabilities: { resumable: true, rereads: 'same' },
        plan: () => new Promise(() => {}),
        async *read() {},
      }).into(memorySink<number>()),
  })
  return lambdaHandler(pipeline, { write: () => {}, run: { state: memoryState() } })
}

test('invocations that were killed add nothing up in their environment', async () => {
  const warnings: Error[] = []
  const heard = (warning: Error) => void warnings.push(warning)
  process.on('warning', heard)
  onTestFinished(() => void process.off('warning', heard))

  for (let no = 0; no < 20; no++) void hanging()(null, contextOf())
  await wait(50)
  process.emitWarning('the last of them')
  while (warnings.at(-1)?.message !== 'the last of them') await once(process, 'warning')

  expect(warnings.map(({ message }) => message)).toEqual(['the last of them'])
})
