import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { run } from '../../src/cli/run.ts'
import { type ManagementSimulator, startManagementSimulator } from '../../src/demo/management-simulator.ts'

const repository = new URL('../..', import.meta.url).pathname

/** What a run of byoo gave. */
export interface Outcome {
  readonly code: number | NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Setting {
  readonly env?: Readonly<Record<string, string>>
  readonly directory?: string
  readonly stdin?: string
  readonly platform?: string
  /** Sends the process Ctrl-C when this resolves. */
  readonly interruptAfter?: Promise<unknown>
}

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
    columns: undefined,
    openTerminal: () => undefined,
    onSignal: (signal, handler) => {
      if (signal === 'SIGINT') interrupts.push(handler)
    },
    onExit: () => undefined,
  })
  return { code, stdout: stdout.text(), stderr: stderr.text(), screen }
}

/** Runs byoo as a process of its own, cut off from any terminal that the tests were started from. */
export async function runChild(argv: readonly string[], setting: Setting = {}): Promise<Outcome> {
  const loader = import.meta.resolve('tsx')
  const child = spawn(process.execPath, ['--import', loader, `${repository}bin/byoo.ts`, ...argv], {
    cwd: setting.directory ?? repository,
    env: { PATH: process.env.PATH ?? '', ...setting.env },
    detached: true,
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(setting.stdin ?? '')
  setting.interruptAfter?.then(() => child.kill('SIGINT'))
  const [code, signal] = await once(child, 'close')
  return { code: code ?? signal, stdout, stderr }
}

/** An empty folder that goes away with the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'byoo-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A simulated Junction with everything that is needed to work in its sandbox in the US. */
export interface World {
  readonly simulator: ManagementSimulator
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** Runs byoo in this process. */
  here(argv: readonly string[], setting?: Setting): Promise<Outcome>
}

/** Starts a simulator and describes the way to it in environment variables. */
export async function startWorld(): Promise<World> {
  const simulator = await startManagementSimulator()
  onTestFinished(() => simulator.close())
  const folder = emptyFolder()
  const env = {
    HOME: folder,
    JUNCTION_MANAGEMENT_KEY: simulator.keys.organisation,
    BYOO_MANAGEMENT_URL: simulator.url,
    BYOO_ORG: simulator.org,
    BYOO_TEAM: simulator.teams.us.id,
    BYOO_ENVIRONMENT: 'sandbox',
    BYOO_REGION: 'us',
  }
  const here = (argv: readonly string[], setting: Setting = {}) =>
    runHere(argv, { directory: folder, ...setting, env: { ...env, ...setting.env } })
  return { simulator, folder, env, here }
}

/** A client secret that says what it is. */
export const madeUpSecret = 'made-up-client-secret-0123456789'
/** A redirect URI for strava. */
export const callback = 'https://oauth.example.com/oauth_callback/strava'
/** Sets strava's credentials; the secret comes from stdin. */
export const setStrava = [
  'set-credentials',
  'strava',
  '--client-id',
  '12345',
  '--redirect-url',
  callback,
  '--client-secret-file',
  '-',
]

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
