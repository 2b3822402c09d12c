import type { Readable, Writable } from 'node:stream'

/** What a command may know and use of the process it runs in. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Working directory. */
  readonly directory: string
  readonly platform: string
  /** The file that Node.js was told to run, as an absolute path. */
  readonly script?: string | undefined
  /** Version of the Node.js that runs this, such as 24.1.0. */
  readonly nodeVersion: string
  /** Opened when first asked for: commands that read nothing should not pay for it. */
  readonly stdin: () => Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly stdinIsTerminal: () => boolean
  readonly stdoutIsTerminal: boolean
  readonly stderrIsTerminal: boolean
  /** The file descriptors of stdin, stdout and stderr that are a terminal at this moment. */
  terminals(): readonly number[]
  /** Width of the terminal that stdout is. */
  readonly columns: number | undefined
  /** The terminal that the process was started from, even when stdin and stderr are something else. */
  openTerminal(): Terminal | undefined
  onSignal(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP', handler: () => void): void
  /** Waits before a request is sent again; tests have no time for it. */
  readonly wait?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<unknown>
  /** Called on every way out, a crash included; must be synchronous. */
  onExit(handler: () => void): void
}

/** Where a person can be asked something. */
export interface Terminal {
  readonly input: Readable
  readonly output: Writable
  close(): void
}
