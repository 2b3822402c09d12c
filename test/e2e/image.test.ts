import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { freePort } from '../ports.ts'
import { buildImage, type Docker, dockerClient, flags, startDocker } from './docker.ts'
import { describeSmokeTest } from './smoke.ts'

const labels = {
  VERSION: manifest.version,
  REVISION: '0123456789abcdef0123456789abcdef01234567',
  SOURCE: 'https://github.com/made-up/byoo',
}

const hardened = [
  ...['--network', 'host', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ...['--health-interval', '1s'],
]

let daemon: Docker
let nodeVersion: string
const docker = (...argv: string[]) => daemon.docker(...argv)

beforeAll(async () => {
  daemon = await startDocker()
  await buildImage(daemon, labels)
  const node = await docker('run', '--rm', '--entrypoint', 'node', 'byoo', '-p', 'process.versions.node')
  nodeVersion = node.stdout.trim()
}, 540_000)

afterAll(() => daemon?.stop(), 120_000)

vi.setConfig({ testTimeout: 60_000 })

describe('the image', () => {
  test('is described by its configuration', async () => {
    const { Config: config, Size: bytes } = await daemon.inspect('byoo')
    console.info(`image size: ${Math.round(bytes / 1e6)} MB`)
    expect(bytes).toBeLessThan(155e6)
    expect(config).toMatchObject({
      User: '65532:65532',
      ExposedPorts: { '8080/tcp': {} },
      Entrypoint: ['node', '--max-semi-space-size=1', '/app/byoo.js'],
      Cmd: ['serve'],
      StopSignal: 'SIGTERM',
      Healthcheck: { Test: ['CMD', 'node', '/app/byoo.js', 'healthcheck'] },
      Labels: {
        'org.opencontainers.image.title': 'byoo',
        'org.opencontainers.image.description': expect.stringContaining('Junction'),
        'org.opencontainers.image.licenses': 'MIT',
        'org.opencontainers.image.source': labels.SOURCE,
        'org.opencontainers.image.version': labels.VERSION,
        'org.opencontainers.image.revision': labels.REVISION,
      },
    })
    expect(config.Env).toEqual(expect.arrayContaining(['NODE_ENV=production', 'BYOO_HOST=0.0.0.0']))
  })

  test('holds the bundle and its licences, no shell, no package manager, no source map', async () => {
    const container = (await docker('create', 'byoo')).stdout.trim()
    const tar = join(daemon.folder, 'image.tar')
    await docker('export', '--output', tar, container)
    const files = (await daemon.execute('tar', '--list', '--file', tar)).stdout.split('\n')
    const licences = ['app/LICENSE', 'app/THIRD-PARTY-LICENSES.txt', 'usr/share/doc/node/LICENSE']
    expect(files).toEqual(expect.arrayContaining(['app/byoo.js', ...licences]))
    const unwanted = /(^|\/)((ba|da)?sh|busybox|apt|dpkg|npm|npx|node_modules)$|node_modules\/|\.map$/
    expect(files.filter((file) => unwanted.test(file))).toEqual([])
  })
})

describeSmokeTest('a container', () => ({
  distribution: 'image',
  nodeVersion,
  command: (argv, env) => ({
    program: dockerClient,
    argv: ['run', '--rm', '--interactive', ...hardened, ...flags('--env', env), 'byoo', ...argv],
    options: { env: daemon.env },
  }),
}))

describe('a container', () => {
  test('without configuration exits 2 and says what is missing', async () => {
    await expect(docker('run', ...hardened, 'byoo')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('needs an environment or a target'),
    })
  })

  test('reads byoo.yaml from the folder mounted at /etc/byoo', async () => {
    const configuration = join(daemon.folder, 'configuration')
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

  test('gets healthy without privileges on a read-only file system, and stops at once', async () => {
    const port = await freePort()
    const settings = flags('--env', { BYOO_ENVIRONMENT: 'production/us', BYOO_PORT: port })
    const container = (await docker('run', '--detach', ...hardened, ...settings, 'byoo')).stdout.trim()

    await vi.waitFor(
      async () => {
        const { stdout, stderr } = await docker('logs', container)
        expect((await daemon.inspect(container)).State.Health.Status, stdout + stderr).toBe('healthy')
      },
      { timeout: 30_000, interval: 200 },
    )

    const status = readFileSync(`/proc/${(await daemon.inspect(container)).State.Pid}/status`, 'utf8')
    expect(status).toMatch(/^Uid:(\t65532){4}$/m)
    expect(status).toMatch(/^CapEff:\t0+$/m)
    expect(status).toMatch(/^NoNewPrivs:\t1$/m)

    const start = performance.now()
    await docker('stop', container)
    expect(performance.now() - start).toBeLessThan(4000)
    expect((await daemon.inspect(container)).State.ExitCode).toBe(0)
  })
})
