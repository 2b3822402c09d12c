import type { Case } from './case.ts'
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
