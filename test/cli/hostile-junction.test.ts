import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Outcome } from '../run.ts'
import { callback, connection, madeUpSecret, setStrava, startLinkedWorld, startWorld } from '../world.ts'
import { startSetUp } from './doctor-set-up.ts'

/** What a terminal would obey, and a line that pretends to be ours. */
const commands =
  '\u001b]0;made-up-title\u0007\u001b[2J\u009b31m\u0000\u007f\u202e\u200b\u2028\ufeff\r\nforged line\n\u001b[1A'

/** Everything but newlines and what can be seen. */
const obeyed = /(?!\n)[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u

/** What commands compare with what they know: to get past that, it has to stay as it is. */
const compared = [
  'id',
  'source',
  'slug',
  'status',
  'team_id',
  'user_id',
  'client_id',
  'redirect_url_override',
  'next_cursor',
  'link_token',
  'oauth_url',
  'access_token',
]

function poison(value: unknown, spared: readonly string[]): unknown {
  if (typeof value === 'string') return value + commands
  if (Array.isArray(value)) return value.map((item) => poison(item, spared))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, spared.includes(name) ? item : poison(item, spared)]),
  )
}

/** Stands before the simulator and changes what it answers. */
async function startBetween(url: string, change: (body: string) => string, status?: number) {
  const server = createServer((asked, response) => {
    const { method, headers, url: path } = asked
    const passed = request(new URL(path ?? '', url), { method, headers }, async (answer) => {
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(chunk)
      const body = change(Buffer.concat(chunks).toString())
      response
        .writeHead(status ?? answer.statusCode ?? 0, { 'x-request-id': 'made-up-\x9b31m\xff' })
        .end(body)
    })
    asked.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.closeAllConnections())
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const route =
  'routes: [{ url: "https://oauth.example.com/oauth_callback/{provider}", environment: sandbox/us }]'

const calls: readonly (readonly string[])[] = [
  ['prepare', 'strava'],
  ['prepare', 'google_health'],
  ['credentials', 'list'],
  ['credentials', 'list', '--all'],
  ['credentials', 'show', 'polar'],
  setStrava,
  ['set-redirect', 'strava', 'https://login.example.com/cb/strava', '--client-secret-file', '-'],
  ['set-redirect', 'polar', callback, '--client-secret-file', '-'],
  ['credentials', 'delete', 'polar', '--yes'],
]

/** Is there anything in this output that Junction smuggled in? */
function expectHarmless({ code, stdout, stderr }: Outcome, what: string): void {
  const shown = stdout + stderr
  expect.soft(obeyed.exec(shown)?.[0], `${what}: ${JSON.stringify(shown)}`).toBeUndefined()
  expect.soft(shown.split('\n'), what).not.toContain('forged line')
  expect.soft(shown, what).not.toContain(madeUpSecret)
  expect.soft(code, `${what}: ${shown}`).not.toBe(1)
}

describe('text from Junction neither drives the terminal nor forges a line', () => {
  const extents: [string, readonly string[]][] = [
    ['every text', []],
    ['every text that is not compared with anything', compared],
  ]
  const spoil = (spared: readonly string[]) => (body: string) =>
    JSON.stringify(poison(JSON.parse(body), spared))

  test.each(extents)('in %s about credentials', { timeout: 60_000 }, async (_, spared) => {
    const { simulator, here } = await startWorld()
    const record = { team_id: simulator.teams.us.id, redirect_url_override: callback, client_id: '1' }
    const details = { webhook_secret: `${madeUpSecret}-2`, more: { [commands]: commands } }
    const url = await startBetween(simulator.url, spoil(spared))
    for (const argv of calls) {
      for (const manner of [[], ['--json'], ['--verbose'], ['--dry-run', '--verbose']]) {
        simulator.store.set('sandbox/us', { ...record, provider: 'strava' })
        simulator.store.set('sandbox/us', { ...record, provider: 'polar', details })
        const env = { BYOO_MANAGEMENT_URL: url, BYOO_CONFIG: route }
        const outcome = await here([...argv, ...manner], { stdin: madeUpSecret, env })
        expectHarmless(outcome, `${argv} ${manner}`)
      }
    }
  })

  test.each(extents)('in %s about users', { timeout: 60_000 }, async (_, spared) => {
    const { simulator, here, addUser } = await startLinkedWorld()
    const url = await startBetween(simulator.url, spoil(spared))
    const env = { BYOO_MANAGEMENT_URL: url, BYOO_API_URL: `${url}/{environment}/{region}` }
    for (const manner of [[], ['--json'], ['--verbose']]) {
      const user = addUser(connection('strava'), connection('oura', 'token_refresh_failed'))
      for (const argv of [
        ['link', 'strava'],
        ['link', 'strava', '--user', user],
        ['connections', user],
        ['disconnect', user, 'strava', '--yes'],
      ]) {
        expectHarmless(await here([...argv, ...manner], { env }), `${argv} ${manner}`)
      }
    }
  })

  test.each(extents)('in %s that doctor looks at', { timeout: 120_000 }, async (_, spared) => {
    const { junction, here } = await startSetUp()
    const url = await startBetween(junction.url, spoil(spared))
    const env = { BYOO_MANAGEMENT_URL: url, BYOO_API_URL: `${url}/{environment}/{region}` }
    for (const manner of [[], ['--json'], ['--verbose']]) {
      expectHarmless(await here(['--create-user', ...manner], { env }), `doctor ${manner}`)
    }
  })
})

describe('an answer that is built to break its reader', () => {
  const levels = 5000
  const lists = '['.repeat(levels) + ']'.repeat(levels)
  const objects = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
  const team = '22222222-2222-4222-8222-222222222222'
  const record = (details: string) =>
    `{"credentials":[{"id":"1","source":"strava","team_id":"${team}","created_at":"3","updated_at":"4","details":${details}}]}`

  test.each<[string, string, number]>([
    ['lists in lists', lists, 6],
    ['objects in objects', objects, 6],
    ['details of lists in lists', record(`{"a":${lists}}`), 6],
    ['details of objects in objects', record(objects), 6],
    [
      'names of prototypes',
      record('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
      0,
    ],
    ['numbers beyond all bounds', record('{"a":1e999,"b":-0,"c":12345678901234567890}'), 0],
    ['a record that is a list', '{"credentials":[[]]}', 6],
    ['null', 'null', 6],
  ])('with %s', async (_, body, code) => {
    const { simulator, here } = await startWorld()
    for (const argv of [
      ['credentials', 'list'],
      ['credentials', 'show', 'strava', '--json'],
      ['credentials', 'show', 'strava', '--verbose'],
    ]) {
      simulator.set({ failures: [{ type: 'malformed', operation: 'list', body }] })
      const outcome = await here(argv, { env: { BYOO_TEAM: team } })
      expect(outcome.code, outcome.stderr).toBe(code)
      expect(outcome.stderr).not.toContain('this is a bug')
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  test.each([lists, objects, `{"detail":${lists}}`, `{"detail":[{"loc":${lists},"msg":"no"}]}`])(
    'is told as a refusal when it comes with 422: %.40s',
    async (body) => {
      const { simulator, here } = await startWorld()
      const url = await startBetween(simulator.url, () => body, 422)
      const { code, stderr } = await here(['credentials', 'list'], { env: { BYOO_MANAGEMENT_URL: url } })
      expect(code, stderr).toBe(5)
      expect(stderr).toContain('Junction answered 422')
      expect(stderr.length).toBeLessThan(2000)
    },
  )
})
