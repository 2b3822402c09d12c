import { randomBytes, randomUUID } from 'node:crypto'
import { hosts, type JunctionEnvironment } from '../../junction/environments.ts'
import type { Fault } from '../answer.ts'
import type { SimulatedUser } from './state.ts'

/** What Junction remembers of a link token. */
export interface LinkToken {
  readonly environment: JunctionEnvironment
  readonly user: SimulatedUser
  /** The one provider that it is for, if it is for one. */
  readonly provider: string | undefined
  /** Where the end user lands. */
  readonly redirect_url: string | undefined
  /** In milliseconds since 1970. */
  readonly expires: number
  /** PKCE code verifiers (RFC 7636 §4.1) by provider; there is one once a link was made. */
  readonly verifiers: Map<string, string>
  consumed: boolean
}

/** A token that was read, or why it is not good; an expired or consumed one is both. */
export type ReadLinkToken =
  | { readonly token: LinkToken; readonly problem?: undefined }
  | { readonly token?: LinkToken; readonly problem: Fault }

/** Seconds that a link token lives. */
const linkTokenLife = 3600

/** Link tokens: signed (RFC 7519), good for an hour and for one connection. */
export class LinkTokens {
  readonly #key = randomBytes(32)
  readonly #issued = new Map<string, LinkToken>()

  async issue(of: Omit<LinkToken, 'expires' | 'verifiers' | 'consumed'>): Promise<string> {
    const { SignJWT } = await import('jose')
    const { team_id, user_id } = of.user
    const issued = Math.floor(Date.now() / 1000)
    const expires = issued + linkTokenLife
    const token = await new SignJWT({ team_id, user_id })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setAudience(audienceOf(of.environment))
      .setSubject(user_id)
      .setJti(randomUUID())
      .setIssuedAt(issued)
      .setExpirationTime(expires)
      .sign(this.#key)
    this.#issued.set(token, { ...of, expires: expires * 1000, verifiers: new Map(), consumed: false })
    return token
  }

  /** Looks up a token, byte for byte as it arrived, so many milliseconds later than now. */
  read(raw: string, environment: JunctionEnvironment, later = 0): ReadLinkToken {
    const token = this.#issued.get(raw)
    if (!token) return { problem: invalid('it is not as Junction signed it') }
    if (token.environment !== environment) {
      const [is, should] = [token.environment, environment].map(audienceOf)
      return { problem: invalid(`its audience is "${is}", not "${should}"`) }
    }
    if (token.expires <= Date.now() + later) {
      return { token, problem: { code: 'token_expired', message: 'the link token is older than 60 minutes' } }
    }
    if (!token.consumed) return { token }
    const message = 'the link token was used for a connection already'
    return { token, problem: { code: 'token_consumed', message } }
  }
}

/** What link tokens of an environment are for: the base URL of its link API, as the real Junction's tokens name it. */
function audienceOf(environment: JunctionEnvironment): string {
  return `${hosts[environment]}/v2/link`
}

function invalid(reason: string): Fault {
  const message = `the link token, which is the state parameter, is not valid: ${reason}`
  return { code: 'invalid_token', message }
}
