import type { S3Client } from '@aws-sdk/client-s3'
import type { Around } from '@millrace/etl-testkit/cases'

/** Makes the requests of a client go through `around`, before they are signed and sent and when they are answered. */
export function requestsAround(client: S3Client, around: Around): S3Client {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      args => {
        const { Key: key } = args.input as { readonly Key?: string }
        return around({ on: 'objects', name: commandName, about: key ?? '' }, () => next(args))
      },
    { step: 'initialize', name: 'aroundRequests' },
  )
  return client
}
