import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { doctorFindings } from '../src/doctor/findings.ts'
import { breakOverride, startSetUp } from './cli/doctor-set-up.ts'
import { connection, startLinkedWorld } from './cli/link-world.ts'
import { madeUpSecret } from './cli/run-byoo.ts'
import { startForwarder } from './forwarder/start-forwarder.ts'
import { ask } from './raw-http.ts'
import { emptyFolder, runHere } from './run.ts'
import { startJunction } from './world.ts'

const file = join(import.meta.dirname, '../README.md')
const readme = readFileSync(file, 'utf8')

/** The console blocks between two headings, each as its commands and what they print. */
function transcripts(heading: string): { command: string; output: string }[][] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return [...section.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => ({
        command: part.slice(0, part.indexOf('\n')),
        output: part.slice(part.indexOf('\n') + 1),
      })),
  )
}

/** A command line as a shell splits it; single quotes are all that the README uses. */
function words(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word)
}

/** Replaces what differs from run to run. */
function settle(text: string, facts: Record<string, string>): string {
  let settled = text.replace(/^warning: this talks to the demo at .*, not to Junction\n/gm, '')
  for (const [found, shown] of Object.entries(facts)) settled = settled.replaceAll(found, shown)
  return settled
    .replace(/\b[0-9a-f]{8}-(?!1111-|2222-|5555-)[0-9a-f-]{27}\b/g, '44444444-4444-4444-8444-444444444444')
    .replace(/\b[0-9a-f]{64}\b/g, `5f3a9c${'0'.repeat(58)}`)
    .replace(/\b[0-9a-f]{12}\b(?= {2})/g, '5f3a9c000000')
    .replace(/mg_…\w+/g, 'mg_…1a2b')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-11-20T12:00:00.000Z')
    .replace(/\d{4}-\d\d-\d\d(?!T)/g, '2026-11-20')
    .replace(/requests in [\d.]+ s/g, 'requests in 0.9 s')
    .replace(/[ \t]+$/gm, '')
}

test('the management commands print what README.md shows', async () => {
  const simulator = await startJunction()
  onTestFinished(() => simulator.close())
  const folder = emptyFolder()
  writeFileSync(join(folder, 'strava-secret'), `${madeUpSecret}\n`)
  const ids = {
    [simulator.org]: '11111111-1111-4111-8111-111111111111',
    [simulator.teams.us.id]: '22222222-2222-4222-8222-222222222222',
    [simulator.teams.us.name]: 'Your team',
    [folder]: '/home/you/oauth',
    [simulator.url]: 'https://api.management.junction.com',
  }
  const env = {
    HOME: folder,
    JUNCTION_MANAGEMENT_KEY: simulator.keys.organisation,
    BYOO_MANAGEMENT_URL: simulator.url,
  }
  const blocks = transcripts('Credentials and redirect overrides')
  expect(blocks.length).toBeGreaterThan(3)
  for (const { command, output } of blocks.flat()) {
    const typed = Object.entries(ids).reduce((text, [real, shown]) => text.replaceAll(shown, real), command)
    const [name, ...argv] = words(typed)
    expect(name).toBe('byoo')
    const { stdout, stderr } = await runHere(argv, { directory: folder, env })
    expect(`$ ${command}\n${settle(stderr + stdout, ids)}`).toBe(`$ ${command}\n${output}`)
  }
})

test('the commands about users print what README.md shows', async () => {
  const world = await startLinkedWorld()
  const error = { type: 'token_refresh_failed', message: 'the refresh token was refused', at: '2026-11-20' }
  const user = world.addUser(connection('strava'), { ...connection('polar', error.type), error })
  world.asked('oauth_link').then(() => {
    world.users().at(-1)?.connections.set('strava', connection('strava'))
  })
  const ids = {
    [user]: '55555555-5555-4555-8555-555555555555',
    [world.simulator.teams.us.id]: '22222222-2222-4222-8222-222222222222',
  }
  const blocks = transcripts('Link a user')
  expect(blocks).toHaveLength(2)
  for (const { command, output } of blocks.flat()) {
    const argv = words(command.replace('55555555-5555-4555-8555-555555555555', user)).slice(1)
    const { screen } = await world.here(argv)
    const shown = settle(screen, ids).replace(
      /https:\/\/acme-fit\S*/g,
      'https://www.strava.com/oauth/authorize?response_type=code&client_id=12345&…',
    )
    expect(`$ ${command}\n${shown}`).toBe(`$ ${command}\n${output}`)
  }
})

test('byoo verify prints what README.md shows', async () => {
  const doubling = createServer((request, response) => {
    const [path = '', ...rest] = (request.url ?? '').split('?')
    const query = rest.join('?')
    const location = `https://api.us.junction.com/v2/link/connect/${path.split('/').at(-1)}?${query}`
    const doubled = query === '' ? location : `${location}&${query}`
    response.writeHead(307, { Location: doubled, 'Content-Length': 0, 'Cache-Control': 'no-store' }).end()
  })
  await new Promise<void>((resolve) => doubling.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void doubling.close())
  const forwarder = await startForwarder(
    'routes: [{ url: "https://o.example/oauth_callback/{provider}", environment: production, region: us }]',
  )
  onTestFinished(() => void forwarder.stop(1000))
  const ports = [(doubling.address() as AddressInfo).port, forwarder.port]
  const blocks = transcripts('Verify any callback endpoint')
  expect(blocks).toHaveLength(2)
  for (const [index, { command, output }] of blocks.flat().entries()) {
    const port = { [`127.0.0.1:${ports[index]}`]: '127.0.0.1:8080' }
    const argv = words(command.replace('127.0.0.1:8080', `127.0.0.1:${ports[index]}`)).slice(1)
    const { stdout, stderr } = await runHere([...argv, '--rate', '1000'], { directory: emptyFolder() })
    expect(`$ ${command}\n${settle(stderr + stdout, port)}`).toBe(`$ ${command}\n${output}`)
  }
})

test('byoo doctor prints what README.md shows', async () => {
  const setUp = await startSetUp()
  breakOverride(setUp, (url) => `${url}/`)
  const [[block] = []] = transcripts('Doctor')
  const { stdout } = await setUp.here(words(block?.command ?? '').slice(2))
  const shown = settle(stdout, { [new URL(setUp.url).host]: '127.0.0.1:38080' })
  expect(`$ ${block?.command}\n${shown}`).toBe(`$ ${block?.command}\n${block?.output}`)
})

test('README.md names every finding of byoo doctor', () => {
  const section = readme.split('\n## Doctor\n')[1]?.split('\n## ')[0] ?? ''
  expect(Object.keys(doctorFindings).filter((id) => !section.includes(`\`${id}\``))).toEqual([])
})

test('the redirect that README.md shows is the one that the forwarder sends', async () => {
  const forwarder = await startForwarder(
    'routes: [{ url: "https://o.example/oauth_callback/{provider}", environment: sandbox, region: us }]',
  )
  onTestFinished(() => void forwarder.stop(1000))
  const request = 'GET /oauth_callback/strava?code=a%2Fb+c&state=x HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n'
  const { headers } = await ask(forwarder.port, `${request}Connection: close\r\n\r\n`)
  const shown = /```http\nHTTP\/1\.1 307 Temporary Redirect\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const fixed = (lines: string[]) => lines.filter((line) => !/^(Date|Connection|Keep-Alive):/.test(line))
  expect(fixed(headers.map(([name, value]) => `${name}: ${value}`))).toEqual(fixed(shown.trim().split('\n')))
})
