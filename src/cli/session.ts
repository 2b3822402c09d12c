import { wrapLines } from '../output/layout.ts'
import { createStyle, type Style } from '../output/style.ts'
import type { Context } from './context.ts'
import type { OutputOptions } from './output-options.ts'
import type { SecretMask } from './secret-mask.ts'

/** One run of one command. */
export interface Session {
  readonly context: Context
  /** As typed, without node and script. */
  readonly argv: readonly string[]
  readonly output: OutputOptions
  /** For text on stdout. */
  readonly style: Style
  /** For text on stderr. */
  readonly errorStyle: Style
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** From now on this text is removed from everything that is shown; with `besideResult`, but the result itself. */
  hide(secret: string, besideResult?: boolean): void
  /** Something that belongs to a question, on stderr. */
  show(text: string): void
  /** Something worth knowing, on stderr; not with `--quiet` or `--json`. */
  notice(text: string): void
  /** Something that a person must not miss, on stderr; the same is said once. */
  warn(text: string): void
  /** With `--verbose`. */
  trace(text: string): void
  /** A part of the result that is needed before the end: on stdout, or with `--json` on stderr. */
  present(text: string): void
  /** Ctrl-C waits for this work, which must not take it amiss; a second Ctrl-C does not wait. */
  uninterrupted<Result>(work: Promise<Result>): Promise<Result>
  /** Is there work that Ctrl-C has to wait for? */
  isBusy(): boolean
  /** Says on a terminal how far the command is, until something else is said. */
  status(text: string): void
  /** Takes the status away. */
  eraseStatus(): void
  /** Shows that something is going on when it takes longer than a second. */
  progress<Result>(label: string, work: Promise<Result>): Promise<Result>
}

/** Milliseconds after which it is worth saying what is going on. */
const patience = 1000

/** Starts the run of a command. */
export function openSession(
  argv: readonly string[],
  output: OutputOptions,
  context: Context,
  mask: SecretMask,
): Session {
  const errorStyle = createStyle(output.colour.stderr, undefined)
  // Not with --verbose, which writes there itself.
  const hasStatus = context.stderrIsTerminal && !output.quiet && !output.verbose
  const eraseLine = '\r\u001b[K'
  let status = false
  const eraseStatus = () => {
    if (status) context.stderr.write(eraseLine)
    status = false
  }
  const showStatus = (text: string) => {
    if (!hasStatus) return
    context.stderr.write(eraseLine + text.slice(0, (context.columns ?? 80) - 1))
    status = true
  }
  const say = (text: string) => {
    eraseStatus()
    context.stderr.write(`${wrapLines(mask.apply(text), context.columns)}\n`)
  }
  const interruption = new AbortController()
  const unfinished = new Set<Promise<unknown>>()
  const warned = new Set<string>()
  const interrupt = () => {
    if (interruption.signal.aborted) unfinished.clear()
    interruption.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) context.onSignal(signal, interrupt)
  return {
    context,
    argv,
    output,
    style: createStyle(output.colour.stdout, context.columns),
    errorStyle,
    signal: interruption.signal,
    hide: mask.add,
    show: say,
    notice: (text) => {
      if (!output.quiet && !output.json) say(text)
    },
    warn: (text) => {
      if (!warned.has(text)) say(`${errorStyle.yellow('warning:')} ${text}`)
      warned.add(text)
    },
    trace: (text) => {
      if (output.verbose) say(errorStyle.dim(text))
    },
    present: (text) => {
      eraseStatus()
      const stream = output.json ? context.stderr : context.stdout
      stream.write(mask.applyToResult(text))
    },
    uninterrupted: (work) => {
      unfinished.add(work)
      return work.finally(() => unfinished.delete(work))
    },
    isBusy: () => unfinished.size > 0,
    status: showStatus,
    eraseStatus,
    progress: (label, work) => {
      const timer = setTimeout(() => showStatus(`${label} …`), patience)
      return work.finally(() => {
        clearTimeout(timer)
        eraseStatus()
      })
    },
  }
}
