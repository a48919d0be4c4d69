import { type ExitCode, exitCodes } from '../exit-codes.js'
import { helpFlag, jsonFlag, paramsFlag, stateFlag, verboseFlag, whyFlag } from '../flags/command-flags.js'
import { notesOf } from '../iam/notes.js'
import { policyOf, type ReasonedStatement, statementsOf } from '../iam/policy.js'
import type { CommandIo } from '../io.js'
import { printable } from '../show/units.js'
import { type PipelineCommand, readInvocation } from './invocation.js'
import { chosenHome } from './state-place.js'

const command: PipelineCommand = {
  fillsIn: true,
  name: 'iam',
  does: 'Prints the least IAM policy that a pipeline needs with these parameters. Reads and writes nothing, and asks nobody.',
  groups: [{ heading: 'Flags:', flags: [whyFlag, paramsFlag, stateFlag, jsonFlag, verboseFlag, helpFlag] }],
  examples: [
    { flags: '--to s3://bucket/prefix', does: 'for a pipeline with the parameter "to"' },
    { flags: '--to s3://bucket/prefix > policy.json', does: 'into a file; what needs no permission is told on stderr' },
    { flags: '--to s3://bucket/prefix --why', does: 'also what each statement is for' },
  ],
}

/** `millrace iam <pipeline>`. The policy alone is on stdout, so it can be piped and compared. */
export async function iamCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const invocation = await readInvocation(command, argv, io)
  if (!invocation) return exitCodes.done
  const { pipeline, given } = invocation
  const runnable = invocation.build()
  runnable.prepare(pipeline.name)
  const needed = runnable.access(pipeline.name, await chosenHome(invocation))
  const statements = statementsOf(needed)
  const notes = notesOf(needed, invocation, statements.length)
  const policy = policyOf(statements)
  if (given.switches.get('json')) {
    const reasons = statements.map(({ statement, reasons }) => ({ sid: statement.Sid, reasons }))
    io.stdout.write(`${JSON.stringify({ pipeline: pipeline.name, policy, statements: reasons, notes })}\n`)
    return exitCodes.done
  }
  io.stdout.write(`${JSON.stringify(policy, null, 2)}\n`)
  if (given.switches.get('why')) io.stderr.write(whyText(statements))
  for (const note of notes) io.stderr.write(`millrace: ${printable(note)}\n`)
  return exitCodes.done
}

/** What each statement is for, for people. */
export function whyText(statements: readonly ReasonedStatement[]): string {
  return statements
    .map(({ statement, reasons }) => {
      const lines = reasons.map(({ part, what, why }) => `  ${part}, ${what}: ${why}`)
      return `${[statement.Sid, `  ${statement.Action.join(', ')}`, ...lines].map(line => printable(line)).join('\n')}\n`
    })
    .join('')
}
