import { callbackUrl } from '../../config/callback.ts'
import { printable } from '../../output/printable.ts'
import { showDifference } from '../../verify/difference.ts'
import type { Finding as VerifyFinding } from '../../verify/findings.ts'
import { counted, failures, type Verification } from '../../verify/verification.ts'
import type { Facts } from '../facts.ts'
import { type Finding, pass, type Subject, skip, verifyFinding } from '../findings.ts'
import { type CallbackTarget, type ProviderCallback, subjectOf } from '../targets.ts'
import { hostOf, resolves } from './dns.ts'
import { endedAtTls } from './tls.ts'

/** Most characters of an address that a finding quotes. */
const maxQuoted = 400

/** Does the live endpoint pass on every byte to the right place? All that verify requires. `forAll` when several providers use it. */
export async function checkEndpoint(
  callback: CallbackTarget,
  forAll: boolean,
  facts: Facts,
): Promise<Finding[]> {
  const { route } = callback
  const subject = subjectOf(forAll ? { route } : callback)
  if (!(await resolves(route, facts))) return [skip('verify', subject, `${hostOf(route)} does not resolve`)]
  const verification = await facts.verification(callback)
  if (endedAtTls(verification)) return [skip('verify', subject, 'the TLS connection fails')]
  const findings = explain(verification, callback, subject, facts)
  if (findings.some(({ status }) => status === 'failed')) return findings
  const passed = verification.cases.filter(({ verdict }) => verdict === 'passed').length
  return [pass('verify', subject, `${counted(passed, 'case')} passed`), ...findings]
}

/** Does the route pass on a further provider's callback? What is wrong with the whole route is told only there. */
export async function checkFurther(
  { route, provider }: ProviderCallback,
  first: CallbackTarget,
  facts: Facts,
): Promise<Finding[]> {
  const subject = subjectOf({ route, provider })
  const whole = (await resolves(route, facts)) ? await facts.verification(first) : undefined
  if (!whole?.reached || endedAtTls(whole)) return [skip('verify', subject, 'the route does not answer')]
  const known = new Set<string>(whole.findings.map(({ id }) => id))
  const verification = await facts.plainCallback(route, provider)
  const findings = explain(verification, { route, provider }, subject, facts)
  const own = findings.filter(({ id }) => !known.has(id))
  return findings.length > 0 ? own : [pass('verify', subject, 'a callback is passed on')]
}

function explain(
  verification: Verification,
  { route, provider }: CallbackTarget,
  subject: Subject,
  { services }: Facts,
): Finding[] {
  const failing = new Set(failures(verification, false).map((result) => result.case.id))
  const url = provider === undefined ? route.url : callbackUrl(route, provider)
  const command = services.command(undefined, 'verify', url)
  return verification.findings.map((finding) => {
    const status = finding.cases.some((id) => failing.has(id)) ? 'failed' : 'note'
    const { id, title, detail, advice } = finding
    const said = detail === undefined || title.includes(detail) ? '' : `: ${printable(detail, 200)}`
    const { where, ...texts } = evidenceOf(finding)
    const details = { advice, command, ...texts }
    return verifyFinding(id, 'verify', status, subject, `${title}${said}${where}`, details)
  })
}

/** What should have come and what came, and the first byte in which they differ. */
function evidenceOf({ evidence }: VerifyFinding) {
  if (!evidence) return { where: '' }
  const { expected, received, offset } = showDifference(evidence.expected, evidence.received, maxQuoted)
  const what = evidence.what === 'query' ? 'the query' : evidence.what
  return { where: ` (${what} differs from byte ${offset} on)`, expected, received }
}
