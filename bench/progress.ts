/** Tells whoever waits how far it is, beside the tables that go to stdout. */
export const progress = (text: string): void => void process.stderr.write(`… ${text}\n`)
