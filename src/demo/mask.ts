import { decodeForm } from './query.ts'

const secretFields = [
  'client_secret',
  'token',
  'access_token',
  'refresh_token',
  'link_token',
  'assertion',
  'password',
]

/** Headers of a request whose keys, secrets and tokens nobody can read; names are in lower case. */
export function maskHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, (maskers[name] ?? asItIs)(value)]),
  )
}

/** Body of a request with the same of its secrets; undefined when it is neither a form nor JSON. */
export function maskBody(type: string | undefined, body: string): string | undefined {
  const [essence = ''] = (type ?? '').toLowerCase().split(';')
  if (essence.trim() === 'application/x-www-form-urlencoded') return maskForm(body)
  return essence.trim() === 'application/json' ? maskJson(body) : undefined
}

const maskers: Readonly<Record<string, (value: string) => string>> = {
  authorization: maskAuthorization,
  'proxy-authorization': maskAuthorization,
  cookie: () => '…',
  'x-vital-link-token': () => '…',
  'x-vital-api-key': maskKey,
  'x-management-key': maskKey,
  'x-vital-org-key': maskKey,
}

function asItIs(value: string): string {
  return value
}

/** What a key is for may be seen: `sk_us_…`, `mg_…`. */
function maskKey(key: string): string {
  return `${/^(?:[ps]k_(?:us|eu)_|mg_)/.exec(key)?.[0] ?? ''}…`
}

/** The scheme stays, and of Basic what its base64 says: the user, and `:…`. */
function maskAuthorization(value: string): string {
  const [, scheme, credentials = ''] = /^(basic|bearer) +(.*)$/i.exec(value) ?? []
  if (scheme === undefined) return '…'
  if (scheme.toLowerCase() === 'bearer') return `${scheme} …`
  const [, user, secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? []
  return user === undefined ? `${scheme} …` : `${scheme} base64(${user}:${maskEncoded(secret)})`
}

/** Blanks and line breaks at the end, form-encoded, are part of no good secret: they are seen. */
function maskEncoded(secret: string): string {
  return `…${/(?:%0[9ad]|%20|\+)*$/i.exec(secret)?.[0] ?? ''}`
}

function maskForm(form: string): string {
  return form
    .split('&')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return secretFields.includes(decodeForm(name)) ? `${name}=${maskEncoded(value.join('='))}` : pair
    })
    .join('&')
}

/** The exact text when there is no secret in it. */
function maskJson(text: string): string | undefined {
  let masked = false
  try {
    const data: unknown = JSON.parse(text, (name, value) => {
      if (!secretFields.includes(name)) return value
      masked = true
      return value === null ? null : '…'
    })
    return masked ? JSON.stringify(data) : text
  } catch {
    return undefined
  }
}
