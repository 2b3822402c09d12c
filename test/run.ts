import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable, Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { type IPty, spawn as spawnOnTerminal } from '@lydell/node-pty'
import { inject, onTestFinished } from 'vitest'
import { run } from '../src/cli/run.ts'

// The ways to run byoo: in this process where that is enough, as a child where signals, streams and exit codes matter,
// on a terminal where one is asked or drawn on. Children run the bundle that test/build-once.ts makes before all tests.

/** What a run of byoo gave. */
export interface Outcome {
  readonly code: number | NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** What a run is given. */
export interface Setting {
  /** All that it sees of an environment; children get PATH, too. */
  readonly env?: Readonly<Record<string, string>>
  readonly directory?: string
  readonly stdin?: string
  readonly platform?: string
  /** Sends Ctrl-C when this resolves. */
  readonly interruptAfter?: Promise<unknown>
}

/** The command that starts byoo's bundle: the running Node.js and the file. */
export const byooCommand: readonly [node: string, file: string] = [process.execPath, inject('byoo')]

/** Runs byoo in this process, without a terminal: quick, and the same from argv to exit code. */
export async function runHere(
  argv: readonly string[],
  setting: Setting = {},
): Promise<Outcome & { readonly screen: string }> {
  let screen = ''
  const show = (text: string) => {
    screen += text
  }
  const [stdout, stderr] = [capture(show), capture(show)]
  const interrupts: (() => void)[] = []
  setting.interruptAfter?.then(() => {
    for (const interrupt of interrupts) interrupt()
  })
  const code = await run(argv, {
    env: setting.env ?? {},
    directory: setting.directory ?? '/nonexistent',
    platform: setting.platform ?? 'linux',
    nodeVersion: process.versions.node,
    stdin: () => Readable.from([Buffer.from(setting.stdin ?? '')]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    stdinIsTerminal: () => false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    terminals: () => [],
    columns: undefined,
    openTerminal: () => undefined,
    onSignal: (signal, handler) => {
      if (signal === 'SIGINT') interrupts.push(handler)
    },
    wait: (_, signal) => setImmediate(undefined, { signal }),
    onExit: () => undefined,
  })
  return { code, stdout: stdout.text(), stderr: stderr.text(), screen }
}

function capture(show: (text: string) => void) {
  let text = ''
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text += chunk
      show(String(chunk))
      done()
    },
  })
  return { stream, text: () => text }
}

/** Runs byoo as a child until it ends. */
export async function runChild(argv: readonly string[], setting: Setting = {}): Promise<Outcome> {
  const { exited, stdout, stderr } = spawnByoo(argv, setting)
  return { code: await exited, stdout: stdout(), stderr: stderr() }
}

/** A child process with everything that it printed so far. */
export interface ChildRun {
  readonly child: ChildProcess
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Resolves to the exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals | null>
  /** Resolves to the next line of stdout that contains the text; rejects when the process ends before that. */
  printed(text: string): Promise<string>
}

/** Starts byoo as a child; it is killed when the test ends. */
export function spawnByoo(argv: readonly string[], setting: Setting = {}): ChildRun {
  return spawnProgram([...byooCommand, ...argv], setting)
}

/** Starts a child that sees none of this environment but PATH, and no terminal; it is killed when the test ends. */
export function spawnProgram(
  [program = '', ...argv]: readonly string[],
  { env, directory, stdin = '', interruptAfter }: Setting = {},
): ChildRun {
  const child = spawn(program, argv, {
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', ...env },
    detached: true,
  })
  const exited = once(child, 'close').then(([code, signal]) => code ?? signal)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(stdin)
  interruptAfter?.then(() => child.kill('SIGINT'))
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push(line))
  return {
    child,
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    exited,
    printed: async (text) => {
      for (;;) {
        const at = lines.findIndex((line) => line.includes(text))
        if (at !== -1) return lines.splice(0, at + 1).at(-1) ?? ''
        const ended = await Promise.race([once(reader, 'line').then(() => false), exited.then(() => true)])
        if (ended && !lines.some((line) => line.includes(text))) {
          throw new Error(`${program} ended without printing ${JSON.stringify(text)}:\n${stdout}${stderr}`)
        }
      }
    },
  }
}

/** A running forwarder. */
export interface ServeRun extends ChildRun {
  readonly port: number
  readonly metricsPort: number | undefined
}

/** Starts `byoo serve` on a free port and waits until it listens; for sandbox/us unless the options say otherwise. */
export async function spawnServe(
  options: readonly string[] = ['--environment', 'sandbox/us'],
  setting: Setting = {},
): Promise<ServeRun> {
  const started = spawnByoo(['serve', '--port', '0', ...options], setting)
  const { address, metrics } = JSON.parse(await started.printed('"listening"'))
  return {
    ...started,
    port: Number(new URL(address).port),
    metricsPort: metrics && Number(new URL(metrics).port),
  }
}

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

/** Runs byoo on a new terminal; `stdin` is piped into it, so that only the terminal can be asked. */
export function runOnTerminal(
  argv: readonly string[],
  {
    env,
    directory,
    columns = 120,
    stdin,
    program = byooCommand,
  }: Setting & { readonly columns?: number; readonly program?: readonly string[] },
): TerminalRun {
  const command = [...program, ...argv].map(shellQuoted).join(' ')
  const script = stdin === undefined ? `exec ${command}` : `printf %s ${shellQuoted(stdin)} | ${command}`
  const pty = spawnOnTerminal('/bin/sh', ['-c', script], {
    ...(directory === undefined ? {} : { cwd: directory }),
    cols: columns,
    rows: 40,
    env: { PATH: process.env.PATH, TERM: 'xterm-256color', ...env },
  })
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

/** A word as a POSIX shell takes it for itself. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** An empty folder that goes away with the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'byoo-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
