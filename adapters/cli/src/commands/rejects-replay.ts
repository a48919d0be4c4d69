import type { ExitCode } from '../exit-codes.js'
import { exitCodes } from '../exit-codes.js'
import { fullFlag, loadIdFlag, paramsFlag, rejectFlags, runFlags, showFlags } from '../flags/command-flags.js'
import { rejectFilter } from '../flags/reject-filter.js'
import { type RunFlagValues, runFlagValues, runOptions } from '../flags/run-options.js'
import type { CommandIo } from '../io.js'
import type { Action } from './actions.js'
import { execute } from './execute.js'
import { type PipelineCommand, readInvocation } from './invocation.js'
import { stateOf } from './state-place.js'

const command: PipelineCommand = {
  name: 'rejects replay',
  does:
    "Runs rejects again through the pipeline as it is now. Where the sink replaces groups, the rejects' groups are loaded again from the\n" +
    'source; else the records as they were read are run again, once. What arrives is forgotten, what is rejected again stays.',
  groups: [
    { heading: 'Which rejects (all that fit every flag given):', flags: rejectFlags },
    // What a replay loads, and its name, follow from the rejects.
    { heading: 'How to run:', flags: [paramsFlag, ...runFlags.filter(flag => flag !== fullFlag && flag !== loadIdFlag)] },
    { heading: 'What is shown:', flags: showFlags },
  ],
  examples: [
    { flags: '', does: 'all of them, once the pipeline is fixed' },
    { flags: '--reject-stage validate', does: 'what the step "validate" refused' },
    { flags: '--reject-load 20250304T060000Z-1f3a90bc --deadline 600', does: 'those of one load, for ten minutes at most' },
  ],
}

/** `millrace rejects replay <pipeline>`: a run over what did not arrive; output, events and exit codes are those of `run`. */
export const replayStored: Action = {
  command,
  async act(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
    let flags: RunFlagValues = { full: false }
    const invocation = await readInvocation(command, argv, io, (given, problems) => {
      flags = runFlagValues(given, problems)
    })
    if (!invocation) return exitCodes.done
    const replay = rejectFilter(invocation.given)
    // Without a place of its own for state there is nothing to replay, and saying "none" would be wrong.
    return execute(invocation, io, async () => ({ ...runOptions(flags), ...(await stateOf(invocation)), replay }))
  },
}
