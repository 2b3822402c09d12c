/** Stands where a secret was. */
export const redacted = '[redacted]'

/** Names of the fields whose values are secret, in any request or answer; a secret's hash is not one. */
const secretName = /(?:secret|token|password|api_key|oauth_url|link_web_url)$/i

/** Removes secrets from what byoo shows: fields by their name, and known values wherever they appear. */
export interface Redaction {
  text(text: string): string
  /** A copy of a JSON value. */
  value(value: unknown): unknown
}

/** A redaction that knows the secrets of one request: its key, and the secret fields of its body. */
export function redactionFor(body: unknown, keys: readonly string[]): Redaction {
  const secrets = [...keys, ...secretsIn(body)]
    .filter((secret) => secret !== '')
    .flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(Buffer.from(secret).toString()),
    ])
    .sort((left, right) => right.length - left.length)
  const text = (shown: string) =>
    secrets.reduce((result, secret) => result.replaceAll(secret, redacted), shown)
  const value = (shown: unknown, name = ''): unknown => {
    if (secretName.test(name) && shown !== null && shown !== undefined) return redacted
    if (typeof shown === 'string') return text(shown)
    if (Array.isArray(shown)) return shown.map((item) => value(item))
    if (shown === null || typeof shown !== 'object') return shown
    return Object.fromEntries(Object.entries(shown).map(([key, item]) => [text(key), value(item, key)]))
  }
  return { text, value }
}

function secretsIn(value: unknown, name = ''): string[] {
  if (typeof value === 'string') return secretName.test(name) ? [value] : []
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, item]) => secretsIn(item, Array.isArray(value) ? name : key))
}
