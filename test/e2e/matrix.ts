import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { groups } from '../../src/verify/cases/case.ts'
import { impacts } from '../../src/verify/findings.ts'
import type { Verification } from '../../src/verify/verification.ts'
import { startForwarder } from '../forwarder/start-forwarder.ts'
import { verifyPort, verifyWebServer } from './verify-web-server.ts'
import { webServers } from './web-servers.ts'

// Writes the table of what common servers do between the marker comments, from real runs against real servers.

const start = '<!-- matrix: written by npm run matrix -->'
const end = '<!-- matrix end -->'

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
for (const server of webServers) rows.push(row(server.name, await verifyWebServer(server)))

const table = [
  '| endpoint | required | exact | hardened | longest query | findings |',
  '| --- | --- | --- | --- | --- | --- |',
  ...rows,
].join('\n')

const readme = join(import.meta.dirname, '../../README.md')
const [before = '', rest = ''] = readFileSync(readme, 'utf8').split(start)
const [, after] = rest.split(end)
if (after === undefined) throw new Error(`README.md lacks ${start} or ${end}`)
writeFileSync(readme, `${before}${start}\n${table}\n${end}${after}`)
console.log(table)
