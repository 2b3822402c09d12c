import { callbackUrl } from '../../config/callback.ts'
import { printable } from '../../output/printable.ts'
import { showDifference } from '../../verify/difference.ts'
import type { Finding as VerifyFinding } from '../../verify/findings.ts'
import { counted, failures } from '../../verify/verification.ts'
import type { Facts } from '../facts.ts'
import { type Finding, pass, skip, verifyFinding } from '../findings.ts'
import { type CallbackTarget, subjectOf } from '../targets.ts'
import { hostOf, resolves } from './dns.ts'
import { endedAtTls } from './tls.ts'

/** Most characters of an address that a finding quotes. */
const maxQuoted = 400

/** Does the live endpoint pass on every byte to the right place? Asks the required cases. */
export async function checkEndpoint(callback: CallbackTarget, facts: Facts): Promise<Finding[]> {
  const { route, provider } = callback
  const subject = subjectOf(callback)
  if (!(await resolves(route, facts))) return [skip('verify', subject, `${hostOf(route)} does not resolve`)]
  const verification = await facts.verification(callback)
  if (endedAtTls(verification)) return [skip('verify', subject, 'the TLS connection fails')]
  const failing = new Set(failures(verification, false).map((result) => result.case.id))
  const url = provider === undefined ? route.url : callbackUrl(route, provider)
  const command = facts.services.command(undefined, 'verify', url)
  const findings = verification.findings.map((finding) => {
    const status = finding.cases.some((id) => failing.has(id)) ? 'failed' : 'note'
    const { id, title, detail, advice } = finding
    const said = detail === undefined || title.includes(detail) ? '' : `: ${printable(detail, 200)}`
    const { where, ...texts } = evidenceOf(finding)
    const details = { advice, command, ...texts }
    return verifyFinding(id, 'verify', status, subject, `${title}${said}${where}`, details)
  })
  if (failing.size > 0) return findings
  const passed = verification.cases.filter(({ verdict }) => verdict === 'passed').length
  return [pass('verify', subject, `${counted(passed, 'case')} passed`), ...findings]
}

/** What should have come and what came, and the first byte in which they differ. */
function evidenceOf({ evidence }: VerifyFinding) {
  if (!evidence) return { where: '' }
  const { expected, received, offset } = showDifference(evidence.expected, evidence.received, maxQuoted)
  const what = evidence.what === 'query' ? 'the query' : evidence.what
  return { where: ` (${what} differs from byte ${offset} on)`, expected, received }
}
