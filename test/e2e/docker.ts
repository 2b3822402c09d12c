import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

// Debian's own, whatever else is called docker on this machine.
const dockerd = '/usr/sbin/dockerd'
const debootstrap = '/usr/sbin/debootstrap'
/** Docker's command line. */
export const dockerClient = '/usr/bin/docker'

const repository = join(import.meta.dirname, '../..')
const patience = 30_000
const runFile = promisify(execFile)

/** A Docker daemon with everything of its own, in a temporary folder. */
export interface Docker {
  readonly folder: string
  /** Environment of a client of this daemon. */
  readonly env: NodeJS.ProcessEnv
  /** Runs any program as a client of this daemon. */
  execute(file: string, ...argv: string[]): Promise<{ stdout: string; stderr: string }>
  docker(...argv: string[]): Promise<{ stdout: string; stderr: string }>
  // biome-ignore lint/suspicious/noExplicitAny: whatever Docker says of it
  inspect(name: string): Promise<any>
  stop(): Promise<void>
}

/** The same option for several names and values. */
export const flags = (flag: string, values: Readonly<Record<string, string | number>>) =>
  Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`])

/** Starts a daemon; needs root, and Debian's docker.io and debootstrap. */
export async function startDocker(): Promise<Docker> {
  if (process.getuid?.() !== 0) throw new Error('this starts a Docker daemon of its own: run it as root')
  const missing = [dockerd, dockerClient, debootstrap].filter((file) => !existsSync(file))
  if (missing.length > 0) throw new Error(`missing ${missing}: install Debian's docker.io and debootstrap`)
  const folder = mkdtempSync(join(tmpdir(), 'byoo-docker-'))
  const host = `unix://${folder}/docker.sock`
  const options = {
    'data-root': join(folder, 'data'),
    'exec-root': join(folder, 'exec'),
    pidfile: join(folder, 'dockerd.pid'),
    hosts: [host],
    bridge: 'none',
    iptables: false,
    ip6tables: false,
    'ip-forward': false,
    'ip-masq': false,
  }
  const env = {
    ...process.env,
    DOCKER_HOST: host,
    DOCKER_CONFIG: folder,
    DOCKER_BUILDKIT: '1',
    BUILDKIT_PROGRESS: 'plain',
  }
  const execute = (file: string, ...argv: string[]) =>
    runFile(file, argv, { env, maxBuffer: 64 * 1024 * 1024 })
  const docker = (...argv: string[]) => execute(dockerClient, ...argv)
  const configuration = join(folder, 'daemon.json')
  writeFileSync(configuration, JSON.stringify(options))
  const log = join(folder, 'dockerd.log')
  const output = openSync(log, 'w')
  const daemon = spawn(dockerd, ['--config-file', configuration], { stdio: ['ignore', output, output] })
  const stop = () => stopDocker(daemon, folder)
  for (const end = performance.now() + patience; ; await wait(200)) {
    const failure = await docker('info').catch((error: Error) => error)
    if (!(failure instanceof Error)) break
    if (performance.now() < end) continue
    const printed = readFileSync(log, 'utf8').slice(-4000)
    await stop()
    throw new Error(`dockerd did not start:\n${printed}`, { cause: failure })
  }
  return {
    folder,
    env,
    execute,
    docker,
    inspect: async (name) => JSON.parse((await docker('inspect', name)).stdout)[0],
    stop,
  }
}

async function stopDocker(daemon: ChildProcess, folder: string) {
  if (daemon.exitCode === null && daemon.kill()) await once(daemon, 'exit')
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n').reverse()
  for (const [, point] of mounts.map((line) => line.split(' '))) {
    if (point?.startsWith(`${folder}/`)) await runFile('umount', ['--lazy', point])
  }
  rmSync(folder, { recursive: true })
}

/** Builds the image `byoo` on stand-ins for its base images; `labels` are build arguments that say what it is. */
export async function buildImage({ folder, execute }: Docker, labels: Readonly<Record<string, string>>) {
  const standIns = { BUILD_IMAGE: 'stand-in/build', RUNTIME_IMAGE: 'stand-in/runtime' }
  const script = [join(import.meta.dirname, 'stand-ins.sh'), join(folder, 'stand-ins')]
  const build = ['build', '--network', 'host', '--tag', 'byoo']
  const settings = flags('--build-arg', { ...standIns, ...labels })
  // timeout ends the children of what it runs, too.
  await execute('timeout', '240', 'bash', ...script, ...Object.values(standIns))
  await execute('timeout', '240', dockerClient, ...build, ...settings, repository)
}
