import { type Answer, invalid, linkError } from '../answer.ts'
import { findOAuthProvider } from './link-providers.ts'
import { type Caller, findUser } from './link-world.ts'
import { identifierFaults, type ValidationFault } from './management-rules.ts'

/** `POST /v2/link/token` */
export async function createLinkToken(caller: Caller, body: unknown): Promise<Answer> {
  const { world, combination, teamId } = caller
  const fields = (body ?? {}) as Readonly<Record<string, unknown>>
  const faults = linkTokenFaults(fields, body)
  if (faults.length > 0) return invalid(faults)
  const { user_id, provider, redirect_url } = fields as {
    user_id: string
    provider?: string | null
    redirect_url?: string | null
  }
  if (!findUser(caller, user_id)) return linkError(400, 'INVALID_USER_ID', 'User id is incorrect')
  const base = world.baseUrl(combination)
  const link_token = await world.linkTokens.issue(base, {
    team_id: teamId,
    user_id: user_id.toLowerCase(),
    provider: provider ?? undefined,
    redirect_url: redirect_url ?? undefined,
  })
  const [env = '', region = ''] = combination.split('/')
  const query = new URLSearchParams({ token: link_token, env, region })
  return {
    status: 200,
    body: { link_token, link_web_url: `${base}/link?${query}` },
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
