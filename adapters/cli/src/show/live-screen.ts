import type { CommandIo } from '../io.js'
import { printable } from './units.js'

/** At most about ten redraws a second: more cannot be read and slows the run down. */
const redrawEveryMs = 100

/** Lines at the bottom of a terminal that are drawn over, with what is written above them. */
export interface LiveScreen {
  /** Something changed: redraw soon. */
  changed(): void
  /** Writes lines that stay. */
  above(text: string): void
  /** Removes the live lines. */
  close(): void
}

/** Draws `lines()` in place on stderr. */
export function liveScreen(io: Pick<CommandIo, 'stderr'>, lines: () => readonly string[]): LiveScreen {
  let drawn = 0
  let drawnAtMs = 0
  let timer: NodeJS.Timeout | undefined
  let closed = false
  // Up to the first live line, then everything below is erased. One write, so that nothing is seen half drawn.
  const erase = () => (drawn > 0 ? `\u001b[${drawn}A\r\u001b[J` : '')
  const draw = (before = '') => {
    clearTimeout(timer)
    timer = undefined
    const now = lines()
    io.stderr.write(erase() + before + now.map(line => `${line}\n`).join(''))
    drawn = now.length
    drawnAtMs = Date.now()
  }
  return {
    changed() {
      if (closed || timer) return
      const waitMs = drawnAtMs + redrawEveryMs - Date.now()
      if (waitMs <= 0) draw()
      else timer = setTimeout(draw, waitMs).unref()
    },
    above(text) {
      const clean = `${printable(text, true)}\n`
      if (closed) io.stderr.write(clean)
      else draw(clean)
    },
    close() {
      if (closed) return
      closed = true
      clearTimeout(timer)
      if (drawn > 0) io.stderr.write(erase())
    },
  }
}
