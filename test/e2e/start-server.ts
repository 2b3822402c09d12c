import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort, listens } from '../ports.ts'

/** Where a server may listen and write. */
export interface Place {
  readonly folder: string
  readonly port: number
}

/** A program that serves on a port, with files of its own in a folder of its own. */
export interface ServerProgram {
  readonly files: (place: Place) => Readonly<Record<string, string>>
  readonly command: (place: Place) => readonly [program: string, ...argv: string[]]
}

export interface RunningServer extends Place {
  readonly pid: number
  /** All that it printed, and wrote into a log in its folder. */
  logs(): string
  stop(): Promise<void>
}

/** Starts a server on a free port of 127.0.0.1, unless told which, and waits until it listens. */
export async function startServer(
  name: string,
  { files, command }: ServerProgram,
  port?: number,
): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'byoo-server-'))
  const place = { folder, port: port ?? (await freePort()) }
  for (const [file, text] of Object.entries(files(place))) writeFileSync(join(folder, file), text)
  const [program, ...argv] = command(place)
  const homes = Object.fromEntries(['HOME', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME'].map((home) => [home, folder]))
  const child = spawn(program, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...homes, DENO_NO_UPDATE_CHECK: '1' },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk
    })
  }
  const logs = () =>
    [said, ...['access.log', 'error.log'].map((file) => readIfThere(join(folder, file)))].join('\n')
  const stop = async () => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  for (let attempt = 0; !(await listens(place.port)); attempt += 1) {
    if (attempt > 500 || child.exitCode !== null) {
      await stop()
      throw new Error(`${name} does not start: ${said}`)
    }
    await wait(20)
  }
  return { ...place, pid: child.pid ?? 0, logs, stop }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
  await exited
  clearTimeout(timer)
}

/** nginx's configuration: what its parts of `http` and `server` say, with all that it writes in its folder. */
export function nginxConfiguration({ folder, port }: Place, http: string, server: string, tls = ''): string {
  return `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events {}
http {
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  ${http}
  server {
    listen 127.0.0.1:${port}${tls};
    ${server}
  }
}
`
}

/** How nginx is started with nginx.conf in its folder. */
export const nginxCommand: ServerProgram['command'] = ({ folder }) => [
  'nginx',
  ...['-p', folder, '-c', join(folder, 'nginx.conf')],
]
