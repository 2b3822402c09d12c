/** One parameter of an authorization request. */
export interface OauthParameter {
  /** As it stands in the query. */
  readonly raw: string
  /** Decoded once, as `application/x-www-form-urlencoded`; one character per byte (Latin-1). */
  readonly value: string
}

/** What an authorization request says of its client (RFC 6749 §4.1.1). */
export interface OauthUrl {
  /** Scheme, host and path of the provider's authorization endpoint. */
  readonly endpoint: string
  readonly redirect_uri: OauthParameter | undefined
  readonly client_id: OauthParameter | undefined
  readonly state: OauthParameter | undefined
  /** Which of them stand there more than once, as none may (RFC 6749 §3.1). */
  readonly repeated: readonly ('redirect_uri' | 'client_id' | 'state')[]
}

/** Reads an `oauth_url`; undefined when it is no http(s) URL. */
export function readOauthUrl(oauthUrl: string): OauthUrl | undefined {
  const url = URL.canParse(oauthUrl) ? new URL(oauthUrl) : undefined
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return undefined
  const [beforeFragment = ''] = oauthUrl.split('#', 1)
  const query = beforeFragment.includes('?') ? beforeFragment.slice(beforeFragment.indexOf('?') + 1) : ''
  const parameters = query.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    const [name, raw] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
    return { name: decodeForm(name), raw, value: decodeForm(raw) }
  })
  const all = (name: string) => parameters.filter((parameter) => parameter.name === name)
  const first = (name: string): OauthParameter | undefined => {
    const [found] = all(name)
    return found && { raw: found.raw, value: found.value }
  }
  return {
    endpoint: `${url.origin}${url.pathname}`,
    redirect_uri: first('redirect_uri'),
    client_id: first('client_id'),
    state: first('state'),
    repeated: (['redirect_uri', 'client_id', 'state'] as const).filter((name) => all(name).length > 1),
  }
}

/** The bytes of a text, one character for each: what a decoded parameter can be compared with. */
export function latin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** Decodes a name or value once; a "%" that two digits do not follow stands for itself. */
function decodeForm(text: string): string {
  return latin1(text)
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}
