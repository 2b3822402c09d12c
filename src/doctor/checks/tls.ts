import { printable } from '../../output/printable.ts'
import type { CertificateProblem } from '../../verify/connect.ts'
import { verifyFindings } from '../../verify/findings.ts'
import type { Verification } from '../../verify/verification.ts'
import type { Facts } from '../facts.ts'
import { type Finding, notApplicable, pass, skip, verifyFinding } from '../findings.ts'
import { type CallbackTarget, subjectOf } from '../targets.ts'
import { hostOf, resolves } from './dns.ts'

const dayLength = 86_400_000

/** Would a browser accept the certificate, and for how long? The connections of `verify` have seen it. */
export async function checkTls(callback: CallbackTarget, facts: Facts): Promise<Finding[]> {
  const { route } = callback
  const subject = subjectOf({ route })
  const host = hostOf(route)
  if (!route.url.startsWith('https:')) {
    return [notApplicable('tls', subject, 'plain http has no certificate')]
  }
  if (!(await resolves(route, facts))) return [skip('tls', subject, `${host} does not resolve`)]
  const { certificate, findings } = await facts.verification(callback)
  const command = facts.services.command(undefined, 'verify', route.url)
  const tell = (
    id: CertificateProblem | 'tls-failed' | 'certificate-expires-soon',
    status: 'failed' | 'note',
    text: string,
  ) => verifyFinding(id, 'tls', status, subject, text, { advice: verifyFindings[id].advice, command })
  if (!certificate) {
    const failed = findings.find(({ id }) => id === 'tls-failed')
    if (!failed) return [skip('tls', subject, `no connection to ${host}`)]
    const reason = failed.detail === undefined ? '' : ` (${printable(failed.detail, 100)})`
    return [tell('tls-failed', 'failed', `the TLS handshake with ${host} fails${reason}`)]
  }
  const { validFrom, validTo, expiresSoon, problems } = certificate
  const messages: Record<CertificateProblem, string> = {
    'certificate-expired': `the certificate of ${host} expired on ${day(validTo)}`,
    'certificate-not-yet-valid': `the certificate of ${host} is not valid before ${day(validFrom)}`,
    'certificate-other-name': `the certificate of ${host} is for ${printable(certificate.names, 200)}`,
    'certificate-untrusted': `the certificate of ${host} is not from a trusted authority`,
  }
  if (problems.length > 0) return problems.map((id) => tell(id, 'failed', messages[id]))
  const left = Math.floor((validTo - Date.now()) / dayLength)
  const message = `the certificate of ${host} is valid until ${day(validTo)}, ${left} day${left === 1 ? '' : 's'} from now`
  return [expiresSoon ? tell('certificate-expires-soon', 'note', message) : pass('tls', subject, message)]
}

/** Did a verification end before anything was asked, for a reason that `tls` tells? */
export function endedAtTls({ certificate, findings }: Verification): boolean {
  return (certificate?.problems.length ?? 0) > 0 || findings.some(({ id }) => id === 'tls-failed')
}

function day(time: number): string {
  return Number.isNaN(time) ? 'an unknown day' : new Date(time).toISOString().slice(0, 10)
}
