import type { Session } from './session.ts'

/** One line on the terminal that says how far a command is, and is gone when there is a result. */
export interface StatusLine {
  /** Replaces the line. */
  show(text: string): void
  /** Takes the line away, so that something else can be written. */
  erase(): void
}

/** Shows nothing where stderr is no terminal, with `--quiet`, and with `--verbose`, which writes there itself. */
export function createStatusLine({ context, output }: Session): StatusLine {
  const { stderr, stderrIsTerminal, columns = 80 } = context
  const visible = stderrIsTerminal && !output.quiet && !output.verbose
  const eraseLine = '\r\u001b[K'
  let shown = false
  return {
    show: (text) => {
      if (!visible) return
      stderr.write(eraseLine + text.slice(0, columns - 1))
      shown = true
    },
    erase: () => {
      if (shown) stderr.write(eraseLine)
      shown = false
    },
  }
}
