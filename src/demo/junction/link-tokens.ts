import { randomBytes, randomUUID } from 'node:crypto'
import { splitEnvironment } from '../../junction/environments.ts'
import { type Answer, invalid, linkError } from '../answer.ts'
import type { Clock } from '../timeline.ts'
import { findOAuthProvider } from './link-providers.ts'
import { type Caller, findUser, linkUrl } from './state.ts'
import { identifierFaults, type ValidationFault } from './validation.ts'

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
  readonly token: LinkToken | undefined
  readonly problem: { readonly code: string; readonly message: string } | undefined
}

/** Seconds that a link token lives. */
export const linkTokenLife = 3600

/** Link tokens: signed (RFC 7519), good for an hour and for one connection. */
export class LinkTokens {
  readonly #key = randomBytes(32)
  readonly #issued = new Map<string, LinkToken>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async issue(
    audience: string,
    of: Pick<LinkToken, 'team_id' | 'user_id' | 'provider' | 'redirect_url'>,
  ): Promise<string> {
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
    try {
      const { payload } = await jwtVerify(raw, this.#key, { audience, currentDate, algorithms: ['HS256'] })
      const token = this.#issued.get(payload.jti ?? '')
      if (!token) return notValid('it was not made here')
      const message = 'the link token was used for a connection already'
      return { token, problem: token.consumed ? { code: 'token_consumed', message } : undefined }
    } catch (error) {
      if (error instanceof errors.JWTExpired) {
        const token = this.#issued.get(error.payload.jti ?? '')
        return {
          token,
          problem: { code: 'token_expired', message: 'the link token is older than 60 minutes' },
        }
      }
      if (error instanceof errors.JWTClaimValidationFailed) {
        return notValid(
          `its audience is ${JSON.stringify(error.payload.aud)}, not ${JSON.stringify(audience)}`,
        )
      }
      return notValid('its signature does not match its bytes')
    }
  }
}

function notValid(reason: string): ReadLinkToken {
  const message = `the link token, which is the state parameter, is not valid: ${reason}`
  return { token: undefined, problem: { code: 'invalid_token', message } }
}

/** `POST /v2/link/token` */
export async function createLinkToken(caller: Caller, body: unknown): Promise<Answer> {
  const { junction, environment, teamId } = caller
  const fields = (body ?? {}) as Readonly<Record<string, unknown>>
  const faults = linkTokenFaults(fields, body)
  if (faults.length > 0) return invalid(faults)
  const { user_id, provider, redirect_url } = fields as {
    user_id: string
    provider?: string | null
    redirect_url?: string | null
  }
  if (!findUser(caller, user_id)) return linkError(400, 'INVALID_USER_ID', 'User id is incorrect')
  const link_token = await junction.linkTokens.issue(linkUrl(junction, environment), {
    team_id: teamId,
    user_id: user_id.toLowerCase(),
    provider: provider ?? undefined,
    redirect_url: redirect_url ?? undefined,
  })
  const { environment: env, region } = splitEnvironment(environment)
  const query = new URLSearchParams({ token: link_token, env, region })
  return {
    status: 200,
    body: { link_token, link_web_url: `${junction.url}/${environment}/link?${query}` },
    state: link_token,
    note: 'made a link token',
  }
}

function linkTokenFaults(fields: Readonly<Record<string, unknown>>, input: unknown): ValidationFault[] {
  const { user_id, provider, redirect_url } = fields
  const fault = (name: string, msg: string, type: string, value: unknown) => ({
    loc: ['body', name],
    msg,
    type,
    input: value,
  })
  const faults: ValidationFault[] = []
  if (user_id === undefined) faults.push(fault('user_id', 'Field required', 'missing', input))
  else faults.push(...identifierFaults('body', { user_id: String(user_id) }))
  if (provider !== undefined && provider !== null && !findOAuthProvider(String(provider))) {
    faults.push(fault('provider', 'Input should be a known provider', 'enum', provider))
  }
  if (redirect_url !== undefined && redirect_url !== null && !isWebUrl(redirect_url)) {
    faults.push(fault('redirect_url', 'Input should be a valid URL', 'url_parsing', redirect_url))
  }
  return faults
}

function isWebUrl(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
}
