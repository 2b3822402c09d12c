import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { targets } from '../../src/export/targets.ts'
import { createEndpoint } from '../../src/verify/endpoint.ts'
import { createRateLimiter } from '../../src/verify/rate-limiter.ts'
import { verify } from '../../src/verify/verify.ts'
import { type Authority, createAuthority } from '../certificate.ts'
import { exported, planOf } from '../export/fixture.ts'
import { emptyFolder } from '../run.ts'
import {
  type EngineName,
  engineNames,
  type ProgramName,
  startEngine,
  startProgram,
  type Tls,
  targetOf,
} from './exported.ts'

const hosts = ['oauth.example.com', 'other.example.org'] as const

/** What each lets through or changes; every other case passes on every route. */
const exceptions = {
  nginx: [],
  caddy: ['length-and-chunked'],
  haproxy: ['two-hosts'],
  apache: [],
  workerd: ['raw-quotes', 'fragment', 'length-and-chunked'],
  deno: [],
  lambda: ['bare-question-mark', 'two-hosts'],
  cloudfront: ['many-parameters', 'two-hosts'],
} as const

let authority: Authority
let tls: Tls
beforeAll(async () => {
  authority = await createAuthority()
  tls = await authority.issue(hosts[0], -10, 300, hosts[1])
})

const start = async (name: EngineName) => startEngine(name, await exported(targetOf(name)), tls)

interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

function ask(port: number, host: string, path: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      method,
      servername: hosts[0],
      headers: { host },
      ca: authority.pem,
    }
    const sent = request({ ...options, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

describe.each(engineNames)('%s', (name) => {
  let server: Awaited<ReturnType<typeof start>>
  beforeAll(async () => {
    server = await start(name)
  })
  afterAll(() => server?.stop())

  test('passes the cases of verify on every route, but for what docs say', { timeout: 120_000 }, async () => {
    const plan = await planOf(name)
    expect(plan.routes).toHaveLength(4)
    for (const { url, host, target, provider } of plan.routes) {
      const endpoint = createEndpoint(
        url.replace(host, `${host}:${server.port}`),
        { template: target },
        provider ? [provider] : ['strava', 'oura'],
      )
      const { cases } = await verify(endpoint, {
        limiter: createRateLimiter(1000, 4),
        authorities: authority.pem,
        address: '127.0.0.1',
      })
      const asked = cases.filter(({ verdict }) => verdict !== 'not applicable')
      const others = asked.filter(({ verdict }) => verdict !== 'passed').map((result) => result.case.id)
      expect([url, others]).toEqual([url, exceptions[name]])
      expect(asked.length).toBeGreaterThan(70)
    }
  })

  test('keeps hosts, allow-lists, methods and texts as byoo serve does', async () => {
    const { port } = server
    expect((await ask(port, hosts[1], '/oauth_callback/garmin?code=x')).status).toBe(404)
    expect((await ask(port, hosts[0], '/oauth/whoop?code=x')).status).toBe(404)
    const foreign = await ask(port, 'foreign.example', '/oauth_callback/strava?code=x')
    expect([foreign.headers.location, name === 'caddy' ? [200] : [404, 421]]).toEqual([
      undefined,
      expect.arrayContaining([foreign.status]),
    ])
    const refused = await ask(port, hosts[0], '/oauth_callback/strava?code=x', 'POST')
    // Apache adds an empty Allow of its own, which names nothing (RFC 9110 §5.6.1).
    expect([refused.status, String(refused.headers.allow).replace(/, $/, '')]).toEqual([405, 'GET, HEAD'])
    const text = await ask(port, hosts[0], '/google0123456789abcdef.html')
    // Apache answers no text by itself; the output says so.
    if (name === 'apache') return expect(text.status).toBe(404)
    expect(text).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
      body: (await planOf(name)).siteVerification.get('/google0123456789abcdef.html'),
    })
    expect((await ask(port, hosts[0], '/google0123456789abcdef.html', 'POST')).status).toBe(405)
  })

  test('writes the query of a login into no log', async () => {
    if (!server.logs) return expect(['lambda', 'cloudfront']).toContain(name)
    const quiet = await startProgram(name as ProgramName, await exported(targetOf(name)), tls)
    try {
      for (const path of ['/oauth_callback/strava', '/oauth_callback/strava/', '/oauth_callback/Strava']) {
        for (const method of ['GET', 'HEAD', 'POST']) {
          await ask(quiet.port, hosts[0], `${path}?code=seen-nowhere&state=seen-nowhere`, method)
        }
      }
      expect(quiet.logs()).not.toContain('seen-nowhere')
    } finally {
      await quiet.stop()
    }
  })
})

// What stands in a URL as it is and means something to some server.
const pathPart = fc.constantFrom(...'aZ0-_.~!$&()*+,;=:@|[]', "'", '$1', '%20', '$host', '\\1')
const segment = fc.array(pathPart, { minLength: 1, maxLength: 6 }).map((parts) => `s${parts.join('')}e`)
const label = fc.constantFrom('a', 'b-c', 'x_y', '1-2')
const text = fc.string({ unit: fc.constantFrom(...'aé"\'`\\{}$;#%&<>\n\t '), minLength: 1, maxLength: 60 })

const route = fc
  .record({ label, before: segment, after: segment, target: segment })
  .map(({ label, before, after, target }) => ({
    host: `${label}.example`,
    url: `https://${label}.example/${before}/{provider}/${after}`,
    target: `https://api.example/${target}/{provider}/${after}`,
  }))
  .filter(({ url, target }) => [url, target].map(filled).every((each) => new URL(each).href === each))

function filled(template: string): string {
  return template.replace('{provider}', 'strava')
}

test.each(['nginx', 'caddy', 'haproxy', 'apache'] as const)(
  '%s takes hostile paths and texts as what they are',
  { timeout: 120_000 },
  async (name) => {
    const routes = fc.uniqueArray(route, { minLength: 8, maxLength: 8, selector: ({ url }) => url })
    const target = targets.find((each) => each.name === name && !each.proxy)
    await fc.assert(
      fc.asyncProperty(routes, text, async (drawn, body) => {
        const yaml = (routes: typeof drawn, texts: Readonly<Record<string, string>>) =>
          JSON.stringify({
            routes: routes.map(({ url, target }) => ({ url, target })),
            site_verification: texts,
          })
        const plan = await planOf(name, yaml(drawn, { '/text.txt': body }))
        const cannot = target?.cannot(plan) ?? []
        const given = drawn.filter(({ url }) => !cannot.some((fault) => fault.startsWith(`${url}: `)))
        expect(given.some(({ url }) => /[%|^]/.test(url))).toBe(false)
        const refused = cannot.filter((fault) => fault.startsWith('/text.txt: '))
        expect(refused).toHaveLength(name === 'caddy' && /`|\{\$/.test(body) ? 1 : 0)
        expect([name, given.length > 0 || cannot.length]).toEqual([name, given.length > 0 || drawn.length])
        if (given.length === 0) return
        const files = await exported(name, yaml(given, refused.length > 0 ? {} : { '/text.txt': body }))
        const server = await startProgram(name, files, tls)
        try {
          for (const { host, url, target } of given) {
            const path = filled(url).slice(`https://${host}`.length)
            const answer = await ask(server.port, host, `${path}?code=a%2Fb&c`)
            expect([path, answer.headers.location]).toEqual([path, `${filled(target)}?code=a%2Fb&c`])
          }
          if (refused.length > 0 || name === 'apache') return
          expect((await ask(server.port, given[0]?.host ?? '', '/text.txt')).body).toBe(body)
        } finally {
          await server.stop()
        }
      }),
      { numRuns: 6 },
    )
  },
)

test('systemd reads the unit, and finds it well protected', async () => {
  const folder = emptyFolder()
  const [unit] = await exported('systemd')
  const file = join(folder, 'byoo.service')
  // systemd wants to see the program that a unit starts.
  writeFileSync(file, (unit?.text ?? '').replace('=/usr/local/bin/byoo', `=${process.execPath}`))
  const { stderr } = await promisify(execFile)('systemd-analyze', ['verify', file])
  expect(stderr.split('\n').filter((line) => line.includes('byoo.service'))).toEqual([])
  const security = ['security', '--offline=true', '--threshold=20', file]
  const { stdout } = await promisify(execFile)('systemd-analyze', security)
  expect(stdout).toMatch(/Overall exposure level for byoo\.service: [01]\.\d OK/)
})

describe('the published schema', () => {
  // Only the folder of the engines has these packages.
  const packages = join(import.meta.dirname, 'engines', 'node_modules')

  test('of each kind accepts what is for Kubernetes, and nothing else', async () => {
    const files = await exported('kubernetes')
    const docs = readFileSync(join(import.meta.dirname, '../../docs/scheduled-checks.md'), 'utf8')
    const [, cronJob = ''] = /^```yaml\n(apiVersion: batch[\s\S]*?)^```$/m.exec(docs) ?? []
    const texts = [...files.map(({ text }) => text), cronJob]
    const objects = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()))
    for (const { kind, apiVersion, ...rest } of objects) {
      const gateway = apiVersion.startsWith('gateway.')
        ? '@kubernetes-models/gateway-api'
        : 'kubernetes-models'
      const { [kind]: Kind } = await import(join(packages, gateway, apiVersion, 'index.js'))
      new Kind(rest).validate()
      expect(() => new Kind({ ...rest, metadata: 'wrong' }).validate()).toThrow('must be object')
    }
    expect(objects).toHaveLength(9)
  })

  test('of Compose accepts what is for it, and nothing else', async () => {
    const [file] = await exported('compose')
    const schema = JSON.parse(readFileSync(join(packages, 'dclint/schemas/compose.schema.json'), 'utf8'))
    const { Ajv } = await import(join(packages, 'ajv/dist/ajv.js'))
    const accepts = new Ajv({ strict: false, validateFormats: false }).compile({
      ...schema,
      $schema: undefined,
    })
    const project = parse(file?.text ?? '')
    expect([accepts(project), accepts.errors]).toEqual([true, null])
    project.services.byoo.read_onlyy = true
    expect(accepts(project)).toBe(false)
  })
})
