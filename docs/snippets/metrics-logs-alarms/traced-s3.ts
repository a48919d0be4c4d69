import { Tracer } from '@aws-lambda-powertools/tracer'
import { S3Client } from '@aws-sdk/client-s3'
import { s3With } from '@millrace/s3'

export const tracer = new Tracer({ serviceName: 'population' })

/** Buckets whose requests are parts of the trace: in the pipeline's `connectors`, in the place of `s3`. */
export const tracedS3 = s3With({ client: tracer.captureAWSv3Client(new S3Client({})) })
