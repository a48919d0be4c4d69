import * as z from 'zod'

export type Line = Record<string, unknown>

/**
 * A line of the embedded metric format.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html (read 2026-12)
 */
const emf = z.object({
  _aws: z.object({
    Timestamp: z.int().positive(),
    CloudWatchMetrics: z
      .array(
        z.object({
          Namespace: z.string().min(1).max(1_024),
          Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).length(1),
          Metrics: z
            .array(z.object({ Name: z.string().min(1).max(1_024), Unit: z.enum(['Count', 'Bytes', 'Milliseconds']) }))
            .min(1)
            .max(100),
        }),
      )
      .length(1),
  }),
})

/** What CloudWatch makes of a line: each dimension and each metric has to stand at its top, as text and as a number. */
export function blobOf(line: Line) {
  const [directive] = emf.parse(line)._aws.CloudWatchMetrics
  const { Namespace = '', Dimensions = [], Metrics = [] } = directive ?? {}
  const dimensions = (Dimensions[0] ?? []).map(name => [name, z.string().min(1).max(1_024).parse(line[name])] as const)
  const metrics = Metrics.map(({ Name, Unit }) => [Name, `${z.number().parse(line[Name])} ${Unit}`] as const)
  return { namespace: Namespace, dimensions: Object.fromEntries(dimensions), metrics: Object.fromEntries(metrics) }
}
