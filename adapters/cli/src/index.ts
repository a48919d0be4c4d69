export { type ExitCode, exitCodes } from './exit-codes.js'
export type { CommandIo, SignalName } from './io.js'
export { main } from './main.js'
