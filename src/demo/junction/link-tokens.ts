import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '../timeline.ts'

/** What Junction remembers of a link token. */
export interface LinkToken {
  readonly team_id: string
  readonly user_id: string
  /** The one provider that it is for, if it is for one. */
  readonly provider: string | undefined
  /** Where the end user lands. */
  readonly redirect_url: string | undefined
  /** PKCE code verifiers (RFC 7636 §4.1) by provider; there is one once a link was made. */
  readonly verifiers: Map<string, string>
  consumed: boolean
}

/** A token that was read, or why it is not good; an expired or consumed one is both. */
export interface ReadLinkToken {
  readonly token?: LinkToken | undefined
  readonly problem?: { readonly code: string; readonly message: string }
}

/** Seconds that a link token lives. */
const linkTokenLife = 3600

/** Link tokens: signed (RFC 7519), good for an hour and for one connection. */
export class LinkTokens {
  readonly #key = randomBytes(32)
  readonly #issued = new Map<string, LinkToken>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async issue(audience: string, of: Omit<LinkToken, 'verifiers' | 'consumed'>): Promise<string> {
    const { SignJWT } = await import('jose')
    const id = randomUUID()
    const issued = Math.floor(this.#clock.now() / 1000)
    this.#issued.set(id, { ...of, verifiers: new Map(), consumed: false })
    return new SignJWT({ team_id: of.team_id, user_id: of.user_id })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setAudience(audience)
      .setSubject(of.user_id)
      .setJti(id)
      .setIssuedAt(issued)
      .setExpirationTime(issued + linkTokenLife)
      .sign(this.#key)
  }

  /** Checks a token, byte for byte as it arrived, so many milliseconds later than now. */
  async read(raw: string, audience: string, later = 0): Promise<ReadLinkToken> {
    const { errors, jwtVerify } = await import('jose')
    const currentDate = new Date(this.#clock.now() + later)
    const known = ({ jti = '' }: { jti?: string }) => this.#issued.get(jti)
    try {
      const { payload } = await jwtVerify(raw, this.#key, { audience, currentDate, algorithms: ['HS256'] })
      const token = known(payload)
      const message = 'the link token was used for a connection already'
      return { token, ...(token?.consumed && { problem: { code: 'token_consumed', message } }) }
    } catch (error) {
      if (error instanceof errors.JWTExpired) {
        const message = 'the link token is older than 60 minutes'
        return { token: known(error.payload), problem: { code: 'token_expired', message } }
      }
      const reason =
        error instanceof errors.JWTClaimValidationFailed
          ? `its audience is ${JSON.stringify(error.payload.aud)}, not ${JSON.stringify(audience)}`
          : 'it is not as Junction signed it'
      const message = `the link token, which is the state parameter, is not valid: ${reason}`
      return { problem: { code: 'invalid_token', message } }
    }
  }
}
