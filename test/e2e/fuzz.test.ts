import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createCertificate } from '../certificate.ts'
import { parseAnswers } from '../raw-http.ts'
import { converse, dial } from './fuzz/converse.ts'
import { type Allowed, countAnswers, judgeAnswers, judgeLogLine } from './fuzz/judge.ts'
import { createRandom } from './fuzz/random.ts'
import { createConversation } from './fuzz/requests.ts'
import { nodes } from './nodes.ts'
import { type ServedBundle, serveBundle } from './serve-bundle.ts'

/** Both can be set to repeat a run, or to have a longer one. */
const seed = Number(process.env.BYOO_FUZZ_SEED ?? randomInt(2 ** 31))
const seconds = Number(process.env.BYOO_FUZZ_SECONDS ?? 30)

const junction = 'https://api.us.junction.com/v2/link/connect/'
const wearables = 'https://wearables.example.com/api/v1/oauth/'
const siteVerification = 'google-site-verification: google0123456789abcdef.html'

const app = 'https://app.example.com/internal/oura'

const oneHost: Allowed = {
  shared: {
    label: 'https://a.example/shared/oura',
    path: '/shared/oura',
    targets: {
      'production/us': { target: `${junction}oura`, audience: 'https://api.us.junction.com/v2/link' },
      'sandbox/us': {
        target: 'https://api.sandbox.us.junction.com/v2/link/connect/oura',
        audience: 'https://api.sandbox.tryvital.io/v2/link',
      },
      otherwise: { target: app, audience: undefined },
    },
  },
  siteVerification,
  routes: [
    {
      label: 'https://a.example/oauth_callback/{provider}',
      path: ['/oauth_callback/', ''],
      target: [junction, ''],
    },
    {
      label: 'https://a.example/oauth/{provider}/back',
      path: ['/oauth/', '/back'],
      target: [wearables, '/callback'],
    },
  ],
}
const severalHosts: Allowed = {
  ...oneHost,
  routes: oneHost.routes.map((route, index) =>
    index === 0 ? route : { ...route, label: route.label.replace('a.', 'b.') },
  ),
}

/** A forwarder that is attacked, and everything that was found wrong with it. */
interface Watched {
  readonly bundle: ServedBundle
  readonly problems: string[]
  /** Of the requests for /health that are made all the time: the longest that one took, in milliseconds. */
  slowest(): number
  /** Stops it and looks at what it leaves behind. */
  finish(): Promise<void>
}

async function watch(node: string, allowed: Allowed, secure: boolean): Promise<Watched> {
  const folder = mkdtempSync(join(tmpdir(), 'byoo-fuzz-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'byoo.yaml')
  const [first, second] = allowed.routes.map(({ label }) => label)
  writeFileSync(
    file,
    `routes:
  - { url: "${first}", environment: production/us }
  - { url: "${second}", target: "${wearables}{provider}/callback" }
  - { url: "${allowed.shared.label}", provider: oura, environments: [production/us, sandbox/us], otherwise: "${app}" }
site_verification: { /google0123456789abcdef.html: "${siteVerification}" }
`,
  )
  const tls: string[] = []
  if (secure) {
    const { cert, key } = await createCertificate('a.example')
    for (const [option, text] of [
      ['cert', cert],
      ['key', key],
    ] as const) {
      writeFileSync(join(folder, option), text)
      tls.push(`--tls-${option}`, join(folder, option))
    }
  }
  const problems: string[] = []
  const found = (problem: string) => {
    if (problems.length < 5) problems.push(problem)
  }
  const bundle = await serveBundle(
    node,
    ['--config', file, '--log-level', 'debug', '--metrics-port', '0', ...tls],
    (line) => {
      const fault = judgeLogLine(line, allowed)
      if (fault) found(`${fault}: ${line}`)
    },
  )

  let running = true
  let slowest = 0
  const health = {
    pieces: ['GET /health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'],
    ending: 'wait',
  } as const
  const watching = (async () => {
    while (running) {
      const started = performance.now()
      const { received } = await converse(dial(bundle.port, secure), health)
      if (!received.startsWith('HTTP/1.1 200 OK\r\n')) found(`/health: ${JSON.stringify(received)}`)
      slowest = Math.max(slowest, performance.now() - started)
      // Reads everything again, meanwhile.
      bundle.child.kill('SIGHUP')
      await wait(20)
    }
  })()
  return {
    bundle,
    problems,
    slowest: () => slowest,
    finish: async () => {
      running = false
      await watching
      expect({ problems, ended: bundle.ended(), stderr: bundle.stderr() }).toEqual({
        problems: [],
        ended: undefined,
        stderr: '',
      })
      // What hangs would be cut off after eight seconds, and the exit code be 1.
      expect(await bundle.stop()).toBe(0)
      expect(bundle.stderr()).toBe('')
      expect(slowest).toBeLessThan(5000)
    },
  }
}

/** Sends harmed requests over many connections at once, and judges all that comes back. */
async function bombard(
  { bundle, problems }: Watched,
  allowed: Allowed,
  secure: boolean,
  duration: number,
): Promise<number> {
  const end = performance.now() + duration * 1000
  const metricsPort = Number(new URL(bundle.metrics ?? '').port)
  let conversations = 0
  const attack = async () => {
    while (performance.now() < end && problems.length === 0) {
      const number = conversations++
      const conversation = createConversation(createRandom(seed, number))
      // Some go to the port of the metrics, or do not even speak TLS where TLS is spoken.
      const astray = number % 20 === 1 ? 'metrics' : secure && number % 10 === 0 ? 'plain' : undefined
      const port = astray === 'metrics' ? metricsPort : bundle.port
      const socket = dial(port, secure && astray === undefined)
      const { received, closed, cutOff } = await converse(socket, conversation)
      const { pieces, ending, answers } = conversation
      const partial = cutOff !== undefined || ending === 'destroy' || ending === 'deaf'
      const judge = () => {
        if (astray !== undefined) return undefined
        const count = countAnswers(received)
        if (!partial && answers !== undefined && answers !== count) return `${count} answers, not ${answers}`
        return judgeAnswers(received, pieces.join(''), allowed, partial)
      }
      const fault = bundle.ended() !== undefined ? 'it ended' : closed ? judge() : 'it did not close'
      if (fault === undefined) continue
      problems.push(
        `conversation ${number} of BYOO_FUZZ_SEED=${seed}: ${fault}\n` +
          `sent, then ${ending}: ${JSON.stringify(pieces).slice(0, 5000)}\n` +
          `received: ${JSON.stringify(received).slice(0, 5000)}`,
      )
    }
  }
  await Promise.all(Array.from({ length: 12 }, attack))
  return conversations
}

const printable = fc.integer({ min: 0x21, max: 0x7e }).map((byte) => String.fromCharCode(byte))
const query = fc
  .string({ unit: printable.filter((character) => character !== '#'), maxLength: 300 })
  .map((text) => `?${text}`)
const slug = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,63}$/)

/** One request, and what it must be answered. */
const exchange = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(slug, query).map(([name, text]) => ({
      bytes: `GET /oauth_callback/${name}${text} HTTP/1.1\r\nHost: h\r\n\r\n`,
      status: 307,
      location: `${junction}${name}${text}`,
    })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(slug, query).map(([name, text]) => ({
      bytes: `GET http://any.example/oauth/${name}/back${text} HTTP/1.1\r\nhOST: h\r\nContent-Length: 4\r\n\r\nbody`,
      status: 307,
      location: `${wearables}${name}/callback${text}`,
    })),
  },
  query.map((text) => ({
    bytes: `GET /shared/oura${text} HTTP/1.1\r\nHost: h\r\n\r\n`,
    status: 307,
    location: `${app}${text}`,
  })),
  fc.tuple(fc.constantFrom('POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'), query).map(([method, text]) => ({
    bytes: `${method} /oauth_callback/oura${text} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n`,
    status: 405,
    location: undefined,
  })),
  query.map((text) => ({
    bytes: `GET /nowhere${text} HTTP/1.1\r\nHost: h\r\nAccept: text/plain\r\n\r\n`,
    status: 404,
    location: undefined,
  })),
)

describe(`a forwarder under attack (BYOO_FUZZ_SEED=${seed})`, () => {
  const oldest = nodes[0]?.path ?? process.execPath
  const newest = nodes.at(-1)?.path ?? process.execPath
  const time = (share: number) => ({ timeout: seconds * share * 1000 + 120_000 })

  test(
    'well-formed requests, many on a connection and cut anywhere, are answered exactly and in order',
    time(0.2),
    async () => {
      const watched = await watch(newest, oneHost, false)
      const { port } = watched.bundle
      const pipeline = fc.array(exchange, { minLength: 1, maxLength: 12 })
      let connections = 0
      await fc.assert(
        fc.asyncProperty(
          pipeline,
          fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
          async (exchanges, cuts) => {
            connections += 1
            const bytes = exchanges.map((each) => each.bytes).join('')
            const edges = [
              0,
              ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b),
              bytes.length,
            ]
            const pieces = edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge))
            const { received } = await converse(dial(port, false), { pieces, ending: 'half-close' })
            expect(judgeAnswers(received, bytes, oneHost)).toBeUndefined()
            const answers = parseAnswers(received).map(({ status, headers }) => ({
              status,
              location: headers.find(([name]) => name === 'Location')?.[1],
            }))
            expect(answers).toEqual(exchanges.map(({ status, location }) => ({ status, location })))
          },
        ),
        { seed, numRuns: 1_000_000, interruptAfterTimeLimit: seconds * 200, markInterruptAsFailure: false },
      )
      await watched.finish()
      console.log(`${connections} connections; /health took ${Math.round(watched.slowest())} ms at most`)
      expect(connections).toBeGreaterThan(100)
    },
  )

  test.each([
    ['over TCP', oldest, oneHost, false, 0.5],
    ['over TLS, for several hosts', newest, severalHosts, true, 0.3],
  ] as const)(
    'harmed bytes %s neither stop it nor make it say anything else',
    time(0.5),
    async (_, node, allowed, secure, share) => {
      const watched = await watch(node, allowed, secure)
      const conversations = await bombard(watched, allowed, secure, seconds * share)
      await watched.finish()
      console.log(`${conversations} conversations; /health took ${Math.round(watched.slowest())} ms at most`)
      expect(conversations).toBeGreaterThan(100)
    },
  )
})
