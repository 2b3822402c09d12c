import { join } from 'node:path'
import { writePart } from '../../docs/parts.ts'
import { groups } from '../../src/verify/cases.ts'
import { createEndpoint } from '../../src/verify/endpoint.ts'
import { impacts } from '../../src/verify/findings.ts'
import { createRateLimiter } from '../../src/verify/rate-limiter.ts'
import type { Verification } from '../../src/verify/verification.ts'
import { verify } from '../../src/verify/verify.ts'
import { createAuthority } from '../certificate.ts'
import { exported } from '../export/fixture.ts'
import { startForwarder } from '../forwarder/start-forwarder.ts'
import { type EngineName, engineNames, startEngine, targetOf } from './exported.ts'
import { verifyPort, verifyWebServer } from './verify-web-server.ts'
import { webServers } from './web-servers.ts'

/** Where the output of a target runs, unless the target says it. */
const labels: Partial<Record<EngineName, string>> = {
  workerd: ', on workerd',
  deno: ', on Deno',
  lambda: ', in a harness',
  cloudfront: ', in a harness',
}

// Writes the table of what common servers do into docs/servers.md, from real runs against real servers.

function row(name: string, { cases, findings, limit }: Verification): string {
  const counts = groups.slice(0, 3).map((group) => {
    const asked = cases.filter((result) => result.case.group === group && result.verdict !== 'not applicable')
    const passed = asked.filter(({ verdict }) => verdict === 'passed')
    return `${passed.length} of ${asked.length}`
  })
  const told = impacts.flatMap((impact) => {
    const ids = findings.filter((finding) => finding.impact === impact).map(({ id }) => `\`${id}\``)
    return ids.length === 0 ? [] : [`${impact}: ${ids.join(', ')}`]
  })
  const longest = limit ? `${limit.beyond ? '' : '≥ '}${limit.longest.toLocaleString('en')}` : '–'
  return `| ${name} | ${counts.join(' | ')} | ${longest} | ${told.join('; ') || 'nothing'} |`
}

const forwarder = await startForwarder(
  'routes: [{ url: "https://oauth.example.com/oauth_callback/{provider}", environment: production/us }]',
)
const rows = [row('**byoo serve**', await verifyPort(forwarder.port))]
await forwarder.stop(1000)
const authority = await createAuthority()
const tls = await authority.issue('oauth.example.com', -10, 300, 'other.example.org')
for (const name of engineNames) {
  const server = await startEngine(name, await exported(targetOf(name)), tls)
  const url = `https://oauth.example.com:${server.port}/oauth_callback/{provider}`
  const template = 'https://api.us.junction.com/v2/link/connect/{provider}'
  const verification = await verify(createEndpoint(url, { template }, ['strava', 'oura']), {
    limiter: createRateLimiter(200, 4),
    authorities: authority.pem,
    address: '127.0.0.1',
  })
  await server.stop()
  rows.push(row(`**byoo export ${targetOf(name)}**${labels[name] ?? ''}`, verification))
}
for (const server of webServers) rows.push(row(server.name, await verifyWebServer(server)))

const table = [
  '| endpoint | required | exact | hardened | longest query | findings |',
  '| --- | --- | --- | --- | --- | --- |',
  ...rows,
].join('\n')

writePart(join(import.meta.dirname, '../../docs/servers.md'), 'matrix', table)
console.log(table)
