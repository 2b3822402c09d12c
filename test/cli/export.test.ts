import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { targets } from '../../src/export/targets.ts'
import { exported, exportedYaml } from '../export/fixture.ts'
import { emptyFolder, runHere } from '../run.ts'

function folderWith(yaml = exportedYaml): string {
  const directory = emptyFolder()
  writeFileSync(join(directory, 'byoo.yaml'), yaml)
  return directory
}

const unusual = `routes:
  - { url: "https://oauth.example.com/a%20b/{provider}", environment: production/us }
  - { url: "https://oauth.example.com/oauth_callback/{provider}", environment: sandbox/us }
`

describe('byoo export', () => {
  test('lists every target with its proof', async () => {
    const { code, stdout } = await runHere(['export'])
    expect(code).toBe(0)
    for (const { name, tested } of targets) expect(stdout).toMatch(new RegExp(`^${name}.*${tested}$`, 'm'))
    const json = JSON.parse((await runHere(['export', '--json'])).stdout)
    expect(json.targets).toHaveLength(targets.length)
  })

  test('says where each file comes from, how to install and how to prove it', async () => {
    const directory = folderWith()
    for (const { name, proxy } of targets) {
      const argv = ['export', name, ...(proxy ? ['--proxy'] : [])]
      const { code, stdout } = await runHere([...argv, '--json'], { directory })
      expect([argv, code]).toEqual([argv, 0])
      for (const file of JSON.parse(stdout).files) {
        const head = file.text.slice(0, 3000)
        expect(head).toContain(`${file.name}, written by byoo`)
        expect(head).toMatch(/routes: sha256 [0-9a-f]{64}\n/)
        expect(head).toMatch(/Install: /)
        expect(head).toContain(
          "byoo verify 'https://oauth.example.com/oauth_callback/{provider}' --environment",
        )
      }
    }
  })

  test('runs as README and docs write it', async () => {
    const repository = join(import.meta.dirname, '../..')
    const pages = readdirSync(join(repository, 'docs')).filter((page) => page.endsWith('.md'))
    const texts = ['README.md', ...pages.map((page) => `docs/${page}`)].map((page) =>
      readFileSync(join(repository, page), 'utf8'),
    )
    const commands = new Set(
      texts.flatMap((text) => text.match(/(?<=`|^|\$ )byoo export [^<`\n]+(?=`|$)/gm) ?? []),
    )
    for (const command of commands) {
      const { code } = await runHere(command.trim().split(' ').slice(1), { directory: folderWith() })
      expect([command, code]).toEqual([command, 0])
    }
    expect(commands.size).toBeGreaterThan(targets.length)
  })

  test('chooses routes by host and environment', async () => {
    const directory = folderWith()
    const one = await runHere(['export', 'nginx', '--host', 'other.example.org'], { directory })
    expect(one.stdout).not.toContain('oauth.example.com')
    const eu = await runHere(['export', 'nginx', '--environment', 'sandbox/eu'], { directory })
    expect(eu.stdout).toContain('api.sandbox.eu.junction.com')
    expect(eu.stdout).not.toContain('api.us.junction.com')
    const none = await runHere(['export', 'nginx', '--host', 'x.example'], { directory })
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringContaining('its hosts are oauth.example.com, other'),
    ])
  })

  test.each([
    [['ngnx'], 'is not a target (did you mean "nginx"?)'],
    [['alb'], 'an ALB redirects with 301 or 302 only'],
    [['ingress-nginx'], 'its annotations answer 302'],
    [['envoy'], 'docs/servers.md'],
    [['apache', '--proxy'], 'apache has no --proxy'],
    [['__proto__'], 'is not a target'],
  ])('%j is refused with a way out', async (argv, message) => {
    const { code, stderr, stdout } = await runHere(['export', ...argv], { directory: folderWith() })
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)])
  })

  test('names every route that a target cannot express, and writes nothing', async () => {
    const directory = folderWith(unusual)
    const { code, stderr } = await runHere(['export', 'nginx', '--output', 'out'], { directory })
    expect([code, stderr]).toEqual([2, expect.stringContaining('https://oauth.example.com/a%20b/{provider}')])
    expect(readdirSync(directory)).toEqual(['byoo.yaml'])
    expect(await runHere(['export', 'haproxy', '--proxy'], { directory })).toMatchObject({ code: 0 })
  })

  test('--output writes all files, and overwrites with --force only', async () => {
    const directory = folderWith()
    const argv = ['export', 'nginx', '--output', 'deep/er']
    expect(await runHere(argv, { directory })).toMatchObject({ code: 0 })
    const names = ['byoo-http.conf', 'byoo-location.conf']
    expect(readdirSync(join(directory, 'deep/er')).sort()).toEqual(names)
    writeFileSync(join(directory, 'deep/er/byoo-http.conf'), 'mine')
    const again = await runHere(argv, { directory })
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('add --force')])
    expect(readFileSync(join(directory, 'deep/er/byoo-http.conf'), 'utf8')).toBe('mine')
    expect(await runHere([...argv, '--force'], { directory })).toMatchObject({ code: 0 })
    const [first] = await exported('nginx')
    expect(readFileSync(join(directory, 'deep/er/byoo-http.conf'), 'utf8')).toBe(first?.text)
  })

  test('a folder that cannot be written to loses nothing', async () => {
    const directory = folderWith()
    writeFileSync(join(directory, 'file'), 'mine')
    const onFile = await runHere(['export', 'nginx', '--output', 'file'], { directory })
    expect([onFile.code, onFile.stderr]).toEqual([2, expect.stringContaining('cannot write to')])
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('mine')
    // The second file cannot take its place: a folder stands there.
    mkdirSync(join(directory, 'half/byoo-location.conf/x'), { recursive: true })
    const half = await runHere(['export', 'nginx', '--output', 'half', '--force'], { directory })
    expect([half.code, half.stderr]).toEqual([2, expect.stringContaining('cannot write to')])
    expect(readdirSync(join(directory, 'half')).filter((name) => name.startsWith('.'))).toEqual([])
  })

  test('--check tells a file of other routes', async () => {
    const directory = folderWith()
    const { stdout } = await runHere(['export', 'caddy'], { directory })
    writeFileSync(join(directory, 'Caddyfile'), stdout)
    const argv = ['export', 'caddy', '--check', 'Caddyfile']
    expect(await runHere(argv, { directory })).toMatchObject({ code: 0 })
    writeFileSync(join(directory, 'byoo.yaml'), exportedYaml.replace('sandbox/eu', 'sandbox/us'))
    const stale = await runHere(argv, { directory })
    expect([stale.code, stale.stdout]).toEqual([7, expect.stringContaining('byoo export caddy')])
    const foreign = await runHere(['export', 'caddy', '--check', 'byoo.yaml'], { directory })
    expect([foreign.code, foreign.stderr]).toEqual([2, expect.stringContaining('byoo did not write it')])
  })
})

describe('what runs byoo', () => {
  test('Kubernetes: probes, limits, security, spread and a way to drain', async () => {
    const [all, route, ingress] = await exported('kubernetes')
    const objects = parseAllDocuments(all?.text ?? '').map((document) => {
      expect(document.errors).toEqual([])
      return document.toJS()
    })
    const kinds = Object.fromEntries(objects.map((object) => [object.kind, object]))
    expect(Object.keys(kinds)).toEqual([
      'ConfigMap',
      'Deployment',
      'Service',
      'PodDisruptionBudget',
      'HorizontalPodAutoscaler',
      'NetworkPolicy',
    ])
    const pod = kinds.Deployment.spec.template.spec
    expect(pod).toMatchObject({
      enableServiceLinks: false,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      topologySpreadConstraints: [{ topologyKey: 'kubernetes.io/hostname' }],
    })
    const [container] = pod.containers
    expect(container).toMatchObject({
      livenessProbe: { httpGet: { path: '/health' } },
      readinessProbe: { httpGet: { path: '/ready' } },
      resources: { requests: { memory: expect.any(String) }, limits: { memory: expect.any(String) } },
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    })
    const env = Object.fromEntries(
      container.env.map(({ name, value }: Record<string, string>) => [name, value]),
    )
    expect(env).toMatchObject({ BYOO_BEHIND_PROXY: 'true' })
    // The drain delay and the 8 s of a stop fit into the time that Kubernetes gives.
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(Number(env.BYOO_DRAIN_DELAY) + 8)
    expect(parse(route?.text ?? '').spec.hostnames).toEqual(['oauth.example.com', 'other.example.org'])
    expect(parse(ingress?.text ?? '').spec.rules).toHaveLength(2)
  })

  test('its byoo.yaml is one that serve reads, without anything but routes', async () => {
    const yaml = `${exportedYaml}org: 11111111-1111-4111-8111-111111111111\n`
    const [all] = await exported('kubernetes', yaml)
    const [configMap] = parseAllDocuments(all?.text ?? '')
    const text: string = configMap?.toJS().data['byoo.yaml']
    expect(Object.keys(parse(text))).toEqual(['routes', 'site_verification'])
    const [compose] = await exported('compose', yaml)
    const { services } = parse(compose?.text ?? '')
    // Compose replaces $ in values, and $$ stands for one.
    expect(services.byoo.environment.BYOO_CONFIG.replaceAll('$$', '$')).toBe(text)
    const directory = folderWith(text)
    expect((await runHere(['export', 'nginx'], { directory })).code).toBe(0)
  })

  test('Compose: byoo is read-only and behind Caddy for each host', async () => {
    const [file] = await exported('compose')
    const { services, configs } = parse(file?.text ?? '')
    expect(services.byoo).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      environment: { BYOO_BEHIND_PROXY: 'true' },
    })
    expect(services.byoo.ports).toBeUndefined()
    expect(configs.caddyfile.content).toContain('oauth.example.com, other.example.org {')
  })
})
