import { EventEmitter } from 'node:events'
import { createInterface } from 'node:readline/promises'

/** Signals that ask a run to stop. */
export type SignalName = 'SIGINT' | 'SIGTERM'

/** Where output goes. */
export interface Output {
  write(text: string): unknown
  /** Resolves when more may be written; with false when the reader has left and nothing more is wanted. Absent: always at once. */
  ready?(): Promise<boolean>
  /** Calls `handle` when the reader has left (`| head`). */
  onReaderGone?(handle: () => void): void
}

/** Everything the command touches beside pipelines: tests give their own, the process's is the default. */
export interface CommandIo {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where file arguments, relative places and the search for installed pipelines begin. */
  readonly cwd: string
  /** Whether a person watches: live lines and a summary instead of JSON lines. */
  readonly isTTY: boolean
  /** The terminal's width, in characters. */
  readonly columns: number
  /** The terminal's height, in lines. */
  readonly rows: number
  /** Calls `handle` at the first such signal and returns how to take that back. The second one is not caught: it ends the process. */
  onSignal(signal: SignalName, handle: () => void): () => void
  /** Asks the person at the terminal; absent when nobody can answer. */
  readonly ask?: ((question: string) => Promise<string>) | undefined
}

/** The process's own streams and signals, with what a caller gives instead. Width and height are read anew each time. */
export function commandIo(over: Partial<CommandIo> = {}): CommandIo {
  const env = over.env ?? process.env
  const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true
  return {
    stdout: over.stdout ?? quietly(process.stdout),
    stderr: over.stderr ?? quietly(process.stderr),
    env,
    cwd: over.cwd ?? process.cwd(),
    isTTY: over.isTTY ?? process.stdout.isTTY === true,
    // A terminal that does not know its size says 0.
    get columns() {
      return over.columns ?? (process.stderr.columns || 80)
    },
    get rows() {
      return over.rows ?? (process.stderr.rows || 24)
    },
    onSignal: over.onSignal ?? onProcessSignal,
    ask: 'ask' in over ? over.ask : canAsk ? askAtTerminal : undefined,
  }
}

/** The same where stdout carries records: everything else goes to stderr, as lines that stay, for a person unless JSON is asked for. */
export function besideRecords(io: CommandIo): CommandIo {
  return {
    ...io,
    stdout: io.stderr,
    isTTY: true,
    // Nothing is drawn over: on a terminal records come between the lines.
    env: { ...io.env, TERM: 'dumb' },
    get columns() {
      return io.columns
    },
    get rows() {
      return io.rows
    },
  }
}

/** A stream whose reader may leave (`| head`): what follows is dropped, and the load goes on. */
function quietly(stream: NodeJS.WriteStream): Output {
  let gone = false
  let wake = () => {}
  const left = new EventEmitter()
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that left is no news; a full disk is, and no reason to end a load that is under way.
    if (error.code !== 'EPIPE' && !gone && stream !== process.stderr) {
      process.stderr.write(`millrace: the output cannot be written (${error.code ?? error.message}); the run goes on.\n`)
    }
    gone = true
    wake()
    if (error.code === 'EPIPE') left.emit('left')
  })
  stream.on('drain', () => wake())
  return {
    write: text => (gone ? false : stream.write(text)),
    async ready() {
      while (!gone && stream.writableNeedDrain) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
      return !gone
    },
    onReaderGone: handle => void left.once('left', handle),
  }
}

function onProcessSignal(signal: SignalName, handle: () => void): () => void {
  process.once(signal, handle)
  return () => process.removeListener(signal, handle)
}

async function askAtTerminal(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question(question)
  } finally {
    terminal.close()
  }
}
