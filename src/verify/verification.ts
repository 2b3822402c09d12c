import type { Case, Group } from './cases/case.ts'
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
  /** The IP address that was talked to. */
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

/** Says in words whether real users would be affected. */
export function summarise(verification: Verification): string {
  const { cases, findings, reached } = verification
  if (!reached) return 'Real users would be affected: nothing answers here, so nobody can log in.'
  const of = (impact: string) => findings.filter((finding) => finding.impact === impact)
  if (of('unjudged').length > 0) {
    return 'It cannot be said whether real users would be affected: only HTTP/1.1 can be checked.'
  }
  if (of('breaks').length > 0) {
    if (of('breaks')[0]?.id === 'extra-hop') {
      return 'Real users would be affected: they are led back to the site itself first, and where that ends was not asked.'
    }
    const broken = new Set(of('breaks').flatMap((finding) => finding.cases))
    if (broken.has('code-and-state') || broken.has('certificate')) {
      return 'Real users would be affected: no login through this endpoint can succeed.'
    }
    const titles = cases
      .filter(({ case: { id, group }, verdict, sameMeaning }) => {
        return group === 'required' && broken.has(id) && !(verdict === 'changed' && sameMeaning)
      })
      .map((result) => result.case.title)
    return `Real users would be affected: logins fail whose callback has ${list(titles, 'or')}.`
  }
  if (of('exposes').length > 0) {
    return `Logins work, but real users are at risk: ${list(
      of('exposes').map(({ title }) => lowerFirst(title)),
      'and',
    )}.`
  }
  if (cases.some(({ case: { group }, verdict }) => group === 'required' && verdict === 'changed')) {
    return 'Real users might be affected: bytes change that most programs, but not all, read as the same.'
  }
  const asked = cases.filter(({ verdict }) => verdict !== 'not applicable')
  if (findings.length > 0) {
    return `Real users would not be affected: all required cases passed. ${counted(findings.length, 'finding')} of less weight.`
  }
  return `Real users would not be affected: all ${counted(asked.length, 'case')} passed.`
}

/** `1 case`, `2 cases`. */
export function counted(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}

function list(items: readonly string[], conjunction: string): string {
  const shown = items.length > 4 ? [...items.slice(0, 3), `${items.length - 3} more`] : items
  if (shown.length < 2) return shown[0] ?? ''
  return `${shown.slice(0, -1).join(', ')} ${conjunction} ${shown.at(-1)}`
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]* /.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}
