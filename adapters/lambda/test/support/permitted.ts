import { type Access, type Pipeline, parseParams } from '@millrace/etl-core'
import { type IamStatement, iamJudge, policyFrom } from '@millrace/etl-testkit/iam'
import type { S3Server } from '@millrace/etl-testkit/s3'

/** What functions may do with a server: what their pipelines say that they need, of which `millrace iam` makes their role's policy. */
export interface Permitted {
  /** From now on also what this pipeline needs with these parameters. */
  add(pipeline: Pipeline, params?: unknown): Promise<void>
  /** Requests that were refused so far. */
  denied(): readonly string[]
}

/** Nothing, to begin with. */
export function permitted(server: S3Server): Permitted {
  const statements: IamStatement[] = []
  const judges = [iamJudge({ Statement: statements })]
  return {
    async add(pipeline, params) {
      statements.push(...policyFrom(await neededBy(pipeline, params)).Statement)
      const judge = iamJudge({ Statement: [...statements] })
      judges.push(judge)
      server.restrict(judge)
    },
    denied: () => judges.flatMap(({ denied }) => denied),
  }
}

async function neededBy(pipeline: Pipeline, params: unknown): Promise<readonly Access[]> {
  const runnable = pipeline.build(await parseParams(pipeline, params))
  runnable.prepare(pipeline.name)
  return runnable.access(pipeline.name)
}
