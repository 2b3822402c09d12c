import type { Writable } from 'node:stream'

/** What a command may know and use of the process it runs in. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Working directory. */
  readonly directory: string
  readonly stdout: Writable
  readonly stderr: Writable
  readonly stdoutIsTerminal: boolean
  onSignal(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP', handler: () => void): void
  /** Called on every way out, a crash included; must be synchronous. */
  onExit(handler: () => void): void
}
