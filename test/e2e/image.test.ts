import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

// Debian's own, whatever else is called docker on this machine.
const dockerd = '/usr/sbin/dockerd'
const dockerClient = '/usr/bin/docker'
const debootstrap = '/usr/sbin/debootstrap'

const repository = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'byoo-image-'))
const environment = {
  ...process.env,
  DOCKER_HOST: `unix://${folder}/docker.sock`,
  DOCKER_CONFIG: folder,
  DOCKER_BUILDKIT: '1',
  BUILDKIT_PROGRESS: 'plain',
}
const run = promisify(execFile)
const execute = (file: string, ...args: string[]) =>
  run(file, args, { env: environment, maxBuffer: 64 * 1024 * 1024 })
const docker = (...args: string[]) => execute(dockerClient, ...args)
const flags = (flag: string, values: Record<string, string | number>) =>
  Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`])
const inspect = async (name: string) => JSON.parse((await docker('inspect', name)).stdout)[0]

const hardened = [
  ...['--network', 'host', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ...['--health-interval', '1s'],
]

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

let daemon: ChildProcess | undefined

async function startDaemon() {
  const log = join(folder, 'dockerd.log')
  const options = {
    'data-root': join(folder, 'data'),
    'exec-root': join(folder, 'exec'),
    pidfile: join(folder, 'dockerd.pid'),
    hosts: [environment.DOCKER_HOST],
    bridge: 'none',
    iptables: false,
    ip6tables: false,
    'ip-forward': false,
    'ip-masq': false,
  }
  writeFileSync(join(folder, 'daemon.json'), JSON.stringify(options))
  const output = openSync(log, 'w')
  daemon = spawn(dockerd, ['--config-file', join(folder, 'daemon.json')], {
    stdio: ['ignore', output, output],
  })
  await vi
    .waitFor(() => docker('info'), { timeout: 30_000, interval: 200 })
    .catch((cause) => {
      throw new Error(`dockerd did not start:\n${readFileSync(log, 'utf8').slice(-4000)}`, { cause })
    })
}

async function stopDaemon() {
  if (daemon?.exitCode === null && daemon.kill()) await once(daemon, 'exit')
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n').reverse()
  for (const [, point] of mounts.map((line) => line.split(' '))) {
    if (point?.startsWith(`${folder}/`)) await execute('umount', '--lazy', point)
  }
  rmSync(folder, { recursive: true })
}

beforeAll(async () => {
  if (process.getuid?.() !== 0) throw new Error('this test starts a Docker daemon of its own: run it as root')
  const missing = [dockerd, dockerClient, debootstrap].filter((file) => !existsSync(file))
  if (missing.length) throw new Error(`missing ${missing}: install Debian's docker.io and debootstrap`)
  await startDaemon()
  const standIns = { BUILD_IMAGE: 'stand-in/build', RUNTIME_IMAGE: 'stand-in/runtime' }
  const script = [join(import.meta.dirname, 'stand-ins.sh'), join(folder, 'stand-ins')]
  const build = ['build', '--network', 'host', '--tag', 'byoo']
  const settings = flags('--build-arg', { ...standIns, VERSION: '1.2.3', REVISION: '0123abc' })
  // timeout ends the children of what it runs, too.
  await execute('timeout', '240', 'bash', ...script, ...Object.values(standIns))
  await execute('timeout', '240', dockerClient, ...build, ...settings, repository)
}, 540_000)

afterAll(stopDaemon, 60_000)

vi.setConfig({ testTimeout: 60_000 })

describe('the image', () => {
  test('is described by its configuration', async () => {
    const { Config: config, Size: bytes } = await inspect('byoo')
    console.info(`image size: ${Math.round(bytes / 1e6)} MB`)
    expect(bytes).toBeLessThan(200e6)
    expect(config).toMatchObject({
      User: '65532:65532',
      ExposedPorts: { '8080/tcp': {} },
      Entrypoint: ['node', '/app/byoo.js'],
      Cmd: ['serve'],
      StopSignal: 'SIGTERM',
      Healthcheck: { Test: ['CMD', 'node', '/app/byoo.js', 'healthcheck'] },
      Labels: {
        'org.opencontainers.image.title': 'byoo',
        'org.opencontainers.image.description': expect.stringContaining('Junction'),
        'org.opencontainers.image.licenses': 'MIT',
        'org.opencontainers.image.version': '1.2.3',
        'org.opencontainers.image.revision': '0123abc',
      },
    })
    expect(config.Env).toEqual(expect.arrayContaining(['NODE_ENV=production', 'BYOO_HOST=0.0.0.0']))
  })

  test('holds the bundle and its licences, no shell, no package manager, no source map', async () => {
    const container = (await docker('create', 'byoo')).stdout.trim()
    await docker('export', '--output', join(folder, 'image.tar'), container)
    const files = (await execute('tar', '--list', '--file', join(folder, 'image.tar'))).stdout.split('\n')
    const licences = ['app/LICENSE', 'app/THIRD-PARTY-LICENSES.txt', 'usr/share/doc/node/LICENSE']
    expect(files).toEqual(expect.arrayContaining(['app/byoo.js', ...licences]))
    const unwanted = /(^|\/)((ba|da)?sh|busybox|apt|dpkg|npm|npx|node_modules)$|node_modules\/|\.map$/
    expect(files.filter((file) => unwanted.test(file))).toEqual([])
  })
})

describe('a container', () => {
  test('without configuration exits 2 and says what is missing', async () => {
    await expect(docker('run', ...hardened, 'byoo')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('needs an environment and a region'),
    })
  })

  test('reads byoo.yaml from the folder mounted at /etc/byoo', async () => {
    const configuration = join(folder, 'configuration')
    mkdirSync(configuration)
    writeFileSync(join(configuration, 'byoo.yaml'), 'routes: []\n')
    const mounted = ['--volume', `${configuration}:/etc/byoo:ro`]
    await expect(docker('run', ...hardened, ...mounted, 'byoo')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('byoo.yaml:1:'),
    })
  })

  test('can run another command: healthcheck exits 1 where nothing serves', async () => {
    const settings = flags('--env', { BYOO_PORT: await freePort() })
    const healthcheck = docker('run', ...hardened, ...settings, 'byoo', 'healthcheck')
    await expect(healthcheck).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not healthy'),
    })
  })

  test('forwards without privileges on a read-only file system, and stops at SIGTERM', async () => {
    const port = await freePort()
    const settings = flags('--env', { BYOO_ENVIRONMENT: 'production', BYOO_REGION: 'us', BYOO_PORT: port })
    const container = (await docker('run', '--detach', ...hardened, ...settings, 'byoo')).stdout.trim()

    await vi.waitFor(
      async () => {
        const { stdout, stderr } = await docker('logs', container)
        expect((await inspect(container)).State.Health.Status, stdout + stderr).toBe('healthy')
      },
      { timeout: 30_000, interval: 200 },
    )

    const status = readFileSync(`/proc/${(await inspect(container)).State.Pid}/status`, 'utf8')
    expect(status).toMatch(/^Uid:(\t65532){4}$/m)
    expect(status).toMatch(/^CapEff:\t0+$/m)
    expect(status).toMatch(/^NoNewPrivs:\t1$/m)

    const socket = connect(port, '127.0.0.1')
    socket.write('GET /oauth_callback/strava?code=a%2Fb+c&state=x HTTP/1.1\r\n')
    socket.write('Host: localhost\r\nConnection: close\r\n\r\n')
    const [statusLine, ...headers] = (await text(socket)).split('\r\n')
    expect(statusLine).toBe('HTTP/1.1 307 Temporary Redirect')
    expect(headers).toContain(
      'Location: https://api.us.junction.com/v2/link/connect/strava?code=a%2Fb+c&state=x',
    )

    const start = performance.now()
    await docker('stop', container)
    expect(performance.now() - start).toBeLessThan(4000)
    expect((await inspect(container)).State.ExitCode).toBe(0)
  })
})
