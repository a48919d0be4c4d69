import { definePipeline, from, memoryState, type StateStore, splitId, type Triggers } from '@millrace/etl-core'
import { memorySink } from '@millrace/etl-testkit'
import * as z from 'zod'
import { type LambdaContext, type LambdaOptions, lambdaHandler } from '../../src/index.js'

const params = z.object({ file: z.string(), rows: z.coerce.number().int().min(0).default(2) })
export type FileParams = z.input<typeof params>

/** A pipeline that "loads" rows of a named file, the ways it can be started, and what it has loaded in all its invocations. */
export function deployed(triggers: Triggers<FileParams> = {}, options: LambdaOptions & { readonly state?: StateStore } = {}) {
  const sink = memorySink<{ file: string; row: number }>({ disposition: 'append' })
  const pipeline = definePipeline({
    name: 'files',
    params,
    triggers,
    build: ({ params: { file, rows } }) =>
      from<{ file: string; row: number }>({
        name: 'files',
        capabilities: { resumable: true, rereads: 'same' },
        plan: async () => ({ splits: rows === 0 ? [] : [{ id: splitId('files', [file]), params: null }] }),
        async *read(_split, after) {
          for (let row = Number(after ?? 0) + 1; row <= rows; row++) yield { records: [{ file, row }], cursor: row }
        },
      }).into(sink),
  })
  const lines: Record<string, unknown>[] = []
  const { state = memoryState(), ...rest } = options
  const handler = lambdaHandler(pipeline, {
    write: line => lines.push(JSON.parse(line)),
    ...rest,
    run: { state, flushEvery: { batches: 1, intervalMs: 60_000 }, ...rest.run },
  })
  return { handler, lines, loaded: () => sink.visible().map(({ file, row }) => `${file} ${row}`) }
}

/** A context as Lambda hands it over. */
export function contextOf(remainingMs = 60_000): LambdaContext {
  const untilMs = Date.now() + remainingMs
  return {
    awsRequestId: '8f5-1',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-2:123456789012:function:files:live',
    memoryLimitInMB: '512',
    getRemainingTimeInMillis: () => untilMs - Date.now(),
  }
}
