import { type IPty, spawn } from '@lydell/node-pty'
import { onTestFinished } from 'vitest'

const repository = new URL('../..', import.meta.url).pathname

/** A byoo process on a terminal of its own. */
export interface TerminalRun {
  readonly pty: IPty
  /** Everything on the screen so far, without colours and cursor movements. */
  screen(): string
  /** As it came. */
  raw(): string
  /** Resolves when this text has appeared after what was seen last. */
  sees(text: string | RegExp): Promise<void>
  type(text: string): void
  /** Closes the terminal, as whoever closes its window does. */
  close(): void
  readonly exited: Promise<number>
}

/** Escape sequences (ECMA-48) of colours, cursor movements and the like. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what escape sequences begin with
const escapes = /\u001b\[[0-9;?]*[A-Za-z]/g

const fromSource = [process.execPath, '--import', import.meta.resolve('tsx'), `${repository}bin/byoo.ts`]

/** Runs byoo on a new terminal; `input` is piped into its stdin, so that only the terminal can be asked. */
export function runOnTerminal(
  argv: readonly string[],
  {
    env,
    directory,
    columns = 120,
    input,
    program = fromSource,
  }: {
    env: Readonly<Record<string, string>>
    directory: string
    columns?: number
    input?: string
    program?: readonly string[]
  },
): TerminalRun {
  const command = [...program, ...argv]
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const pty = spawn(
    '/bin/sh',
    ['-c', input === undefined ? `exec ${quoted}` : `printf %s '${input}' | ${quoted}`],
    {
      cwd: directory,
      cols: columns,
      rows: 40,
      env: { PATH: process.env.PATH, TERM: 'xterm-256color', ...env },
    },
  )
  let raw = ''
  let seen = 0
  let wake = () => {}
  pty.onData((data) => {
    raw += data
    wake()
  })
  let ended = false
  const exited = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode }) => {
      ended = true
      wake()
      resolve(exitCode)
    })
  })
  onTestFinished(() => {
    if (!ended) pty.kill('SIGKILL')
  })
  const screen = () => raw.replaceAll(escapes, '').replaceAll('\r\n', '\n')
  return {
    pty,
    screen,
    raw: () => raw,
    exited,
    type: (text) => pty.write(text),
    close: () => (pty as unknown as { destroy(): void }).destroy(),
    sees: async (text) => {
      for (;;) {
        const fresh = screen().slice(seen)
        const found = typeof text === 'string' ? fresh.includes(text) : text.test(fresh)
        if (found) {
          seen = screen().length
          return
        }
        if (ended) throw new Error(`byoo ended without showing ${text}:\n${screen()}`)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}
