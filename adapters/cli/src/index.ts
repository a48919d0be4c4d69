export { type ExitCode, exitCodes } from './exit-codes.js'
export type { CommandIo, Output, SignalName } from './io.js'
export { main } from './main.js'
