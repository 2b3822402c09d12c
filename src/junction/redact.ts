/** Replaces a secret. */
export const redacted = '[redacted]'

/**
 * Names of the fields whose values are secret, in any request or answer; a secret's hash is not one. The external user
 * id may be the e-mail address of a user.
 */
const secretName = /(?:secret|token|password|[_-]key|oauth_url|link_web_url|external_user_id)$/i

/** A JWT in its compact form, as link tokens and `state` are, wherever it appears. */
const webToken = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g

/** Removes secrets from what byoo shows: fields by their name, and known values wherever they appear. */
export interface Redaction {
  text(text: string): string
  /** A copy of a JSON value. */
  value(value: unknown): unknown
}

/** A redaction that knows the secrets of one request: its key, and the secret fields of its body. */
export function redactionFor(body: unknown, keys: readonly string[]): Redaction {
  const known = hidingOf([...keys, ...secretsIn(body)])
  const text = (shown: string) => known(shown).replace(webToken, redacted)
  const value = (shown: unknown, name = ''): unknown => {
    if (secretName.test(name) && shown !== null && shown !== undefined) return redacted
    if (typeof shown === 'string') return text(shown)
    if (Array.isArray(shown)) return shown.map((item) => value(item))
    if (shown === null || typeof shown !== 'object') return shown
    return Object.fromEntries(Object.entries(shown).map(([key, item]) => [text(key), value(item, key)]))
  }
  return { text, value }
}

/** Removes known values from a text, however they are written in it. */
export function hidingOf(values: readonly string[]): (text: string) => string {
  const secrets = values
    .filter((secret) => secret !== '')
    .flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(Buffer.from(secret).toString()),
    ])
    .sort((left, right) => right.length - left.length)
  return (text) => secrets.reduce((result, secret) => result.replaceAll(secret, redacted), text)
}

function secretsIn(value: unknown, name = ''): string[] {
  if (typeof value === 'string') return secretName.test(name) ? [value] : []
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, item]) => secretsIn(item, Array.isArray(value) ? name : key))
}
