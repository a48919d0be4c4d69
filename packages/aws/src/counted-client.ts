import { requestCounter } from '@millrace/etl-core'

/** As much of the SDK's command as is used here. */
interface Command {
  readonly middlewareStack?: { add(middleware: never, options: { readonly step: 'deserialize'; readonly priority: 'low' }): void }
}
type Handler = (args: unknown) => Promise<unknown>

/**
 * The client, with each request counted for the run in whose course it is sent, those the SDK tries again included: the last step before
 * the connection is taken for each. The client itself is left as it is, for it may be someone else's.
 *
 * @param service - How it is called in reports: `s3`.
 */
export function countedClient<C extends { readonly send: unknown }>(client: C, service: string): C {
  const send = (command: Command, ...rest: readonly unknown[]) => {
    const count = requestCounter()
    const counting =
      (next: Handler, { commandName = '' }: { readonly commandName?: string }): Handler =>
      args => {
        count(service, commandName.replace(/Command$/, ''))
        return next(args)
      }
    command.middlewareStack?.add(counting as never, { step: 'deserialize', priority: 'low' })
    return (client.send as (...all: unknown[]) => unknown).call(client, command, ...rest)
  }
  return Object.create(client, { send: { value: send } }) as C
}
