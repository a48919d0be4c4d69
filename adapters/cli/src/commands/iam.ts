import { type ExitCode, exitCodes } from '../exit-codes.js'
import { helpFlag, iamFlags, jsonFlag, paramsFlag, stateFlag, verboseFlag, whyFlag } from '../flags/command-flags.js'
import { notesOf } from '../iam/notes.js'
import { policyOf, type ReasonedStatement, statementsOf } from '../iam/policy.js'
import { askedOf, placedAccess, roleAccess } from '../iam/role-access.js'
import type { CommandIo } from '../io.js'
import { printable } from '../show/units.js'
import { type PipelineCommand, readInvocation } from './invocation.js'
import { chosenHome } from './state-place.js'

const command: PipelineCommand = {
  fillsIn: true,
  name: 'iam',
  does: 'Prints the least IAM policy that a pipeline needs with these parameters. Reads and writes nothing, and asks nobody.',
  groups: [
    { heading: 'Flags:', flags: [whyFlag, paramsFlag, stateFlag, jsonFlag, verboseFlag, helpFlag] },
    { heading: 'What else there is (a queue by name, address or ARN):', flags: iamFlags },
  ],
  examples: [
    { flags: '--to s3://bucket/prefix', does: 'for a pipeline with the parameter "to"' },
    { flags: '--to s3://bucket/prefix > policy.json', does: 'into a file; what needs no permission is told on stderr' },
    { flags: '--to s3://bucket/prefix --why', does: 'also what each statement is for' },
    {
      flags: '--to s3://bucket/prefix --iam-function orders --iam-hand-on self',
      does: 'for the role of a function that writes logs and goes on in another invocation of itself',
    },
    { flags: '--iam-role schedule --iam-function orders', does: 'for the role that starts that function by the clock' },
  ],
}

/** `millrace iam <pipeline>`. The policy alone is on stdout, so it can be piped and compared. */
export async function iamCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const invocation = await readInvocation(command, argv, io, (given, problems) => void askedOf(given, problems))
  if (!invocation) return exitCodes.done
  const { pipeline, given } = invocation
  const runnable = invocation.build()
  runnable.prepare(pipeline.name)
  const asked = askedOf(given)
  const own = asked.role === 'function' ? runnable.access(pipeline.name, await chosenHome(invocation)) : []
  const needed = placedAccess([...own, ...roleAccess(asked)], asked.at)
  const statements = statementsOf(needed)
  const notes = asked.role === 'function' ? notesOf(needed, invocation, statements.length) : []
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
