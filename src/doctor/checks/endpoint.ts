import { callbackUrl } from '../../config/callback.ts'
import { printable } from '../../output/printable.ts'
import { showDifference } from '../../verify/difference.ts'
import { findingTexts, type Finding as VerifyFinding } from '../../verify/findings.ts'
import { mostTelling } from '../../verify/report.ts'
import { type CaseResult, counted, failures, type Verification } from '../../verify/verification.ts'
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
    const { where, ...texts } = evidence(verification, finding)
    const details = { advice, command, ...texts }
    return verifyFinding(id, 'verify', status, subject, `${title}${said}${where}`, details)
  })
  if (failing.size > 0) return findings
  const passed = verification.cases.filter(({ verdict }) => verdict === 'passed').length
  return [pass('verify', subject, `${counted(passed, 'case')} passed`), ...findings]
}

/** What should have come and what came, and the first byte in which they differ. */
function evidence({ cases }: Verification, finding: VerifyFinding) {
  const telling = mostTelling(
    cases.filter((result) => finding.cases.includes(result.case.id)),
    finding,
  )
  const texts = telling && textsOf(telling, finding)
  if (!texts || texts.left === texts.right) return { where: '' }
  const { expected, received, offset } = showDifference(texts.left, texts.right, maxQuoted)
  return { where: ` (${texts.what} differs from byte ${offset} on)`, expected, received }
}

function textsOf({ queries, expected, received }: CaseResult, { id }: VerifyFinding) {
  if (findingTexts[id].aboutQuery) {
    return queries && { what: 'the query', left: queries.sent, right: queries.received }
  }
  if (expected === undefined || received === undefined) return undefined
  return { what: 'Location', left: expected, right: received }
}
