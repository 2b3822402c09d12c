import type { Case, Group } from './cases/case.ts'
import { cases as allCases } from './cases/cases.ts'
import type { CertificateFacts } from './connect.ts'
import type { Endpoint } from './endpoint.ts'
import type { Finding, FindingId } from './findings.ts'
import type { Judgement } from './judge.ts'
import type { Limit } from './limit.ts'

/** A case, its verdict, and the findings that explain it. */
export interface CaseResult extends Omit<Judgement, 'findings' | 'provider'> {
  readonly case: Case
  readonly findings: readonly FindingId[]
  readonly method: string
  /** The request target; a character is a byte. */
  readonly sent: string
}

/** Everything that was found out about one endpoint. */
export interface Verification {
  readonly endpoint: Endpoint
  /** Did anything answer at all? */
  readonly reached: boolean
  readonly cases: readonly CaseResult[]
  /** What matters most first. */
  readonly findings: readonly Finding[]
  readonly limit: Limit | undefined
  readonly certificate: CertificateFacts | undefined
  /** The IP address that was asked. */
  readonly address: string | undefined
  readonly requests: number
  /** In milliseconds. */
  readonly duration: number
}

/** Cases that count against an endpoint: required ones, and with `strict` exact and hardened ones too. */
export function failures({ cases, findings }: Verification, strict: boolean): CaseResult[] {
  const counted: readonly Group[] = strict ? ['required', 'exact', 'hardened'] : ['required']
  const unjudged = findings.some(({ impact }) => impact === 'unjudged')
  return cases.filter(({ case: { group }, verdict }) => {
    if (!counted.includes(group) || verdict === 'passed') return false
    return verdict !== 'not applicable' || unjudged
  })
}

/** The verdict in one sentence: do logins work through this endpoint? */
export function summarise(verification: Verification, strict = false): string {
  const { cases, findings, reached } = verification
  const titles = (impact: string) =>
    findings.filter((finding) => finding.impact === impact).map(({ title }) => lowerFirst(title))
  const [worst] = findings
  const [unjudged] = titles('unjudged')
  if (unjudged !== undefined) return `It is unknown whether logins work: ${unjudged}.`
  if (worst && (!reached || worst.impact === 'breaks')) {
    const who =
      worst.id === 'extra-hop'
        ? 'Logins may fail'
        : affectsAll(verification)
          ? 'Logins fail'
          : 'Some logins fail'
    return `${who}: ${lowerFirst(worst.title)}.`
  }
  if (!reached) return 'Logins fail: there is no answer.'
  const exposed = titles('exposes')
  if (exposed.length > 0) return `Logins work, but are not safe: ${exposed.join(', and ')}.`
  const changed = failures(verification, false).flatMap((result) => result.findings)
  const found = findings.find(({ id }) => changed.includes(id))
  if (found) return `Logins may fail: ${lowerFirst(found.title)}, but most programs read it the same.`
  const asked = cases.filter(({ verdict }) => verdict !== 'not applicable')
  const complete = allCases.every(
    ({ id, group }) => group !== 'required' || cases.some((result) => result.case.id === id),
  )
  const failed = failures(verification, strict).length
  if (!complete) return `${asked.length - failed} of ${counted(asked.length, 'case')} passed.`
  const but = failed > 0 ? `, but ${counted(failed, 'case')} that only --strict counts did not pass` : ''
  return `Logins work through this endpoint${but}.`
}

/** Does the worst that was found concern every login, or only some of them? */
function affectsAll({ reached, findings }: Verification): boolean {
  const broken = new Set(
    findings.filter(({ impact }) => impact === 'breaks').flatMap((finding) => finding.cases),
  )
  return !reached || broken.has('code-and-state') || broken.has('certificate')
}

/** `1 case`, `2 cases`. */
export function counted(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}

/** For the middle of a sentence; names such as "HEAD" stay as they are. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]* /.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}
