import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  checkLink,
  expectLink,
  type LinkExpectation,
  latin1,
  readLinkToken,
  readOauthUrl,
} from '../../src/junction/oauth-link.ts'

const token = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.made-up`
const team = '22222222-2222-4222-8222-222222222222'
const callback = 'https://oauth.example.com/oauth_callback/strava'

const expectation: LinkExpectation = {
  environment: 'sandbox/us',
  redirect_uri: { value: callback, source: 'the one that Junction holds', advice: 'set it' },
  client_id: { value: '12345', source: 'the one that Junction holds', advice: 'set it' },
  otherwise: 'not compared: made up',
  team,
}
const good = token({ aud: 'https://api.sandbox.tryvital.io', team_id: team.toUpperCase() })
const link = (parameters: string) => `https://acme-fit.example/authorize?${parameters}&state=x`
const fine = link(`client_id=12345&redirect_uri=${encodeURIComponent(callback)}`)

/** `id status` of each check. */
function verdicts(...given: Parameters<typeof checkLink>): string[] {
  return checkLink(...given).map(({ id, status }) => `${id} ${status}`)
}

describe('checkLink', () => {
  test('passes what agrees, whatever the host family of the audience', () => {
    expect(verdicts(fine, good, expectation)).toEqual([
      'redirect_uri passed',
      'client_id passed',
      'audience passed',
      'team passed',
    ])
  })

  test('decodes the link once, and not what it is compared with', () => {
    const twice = link(`client_id=12345&redirect_uri=${encodeURIComponent(encodeURIComponent(callback))}`)
    const [check] = checkLink(twice, good, expectation)
    expect(check).toMatchObject({ status: 'failed', found: encodeURIComponent(callback), advice: 'set it' })
    const written = { ...expectation, redirect_uri: { value: 'a%2Fb+c', source: '', advice: '' } }
    expect(verdicts(link('redirect_uri=a%2Fb+c'), good, written)[0]).toBe('redirect_uri failed')
    expect(verdicts(link('redirect_uri=a%252Fb%2Bc'), good, written)[0]).toBe('redirect_uri passed')
  })

  test('compares bytes, not characters', () => {
    const client_id = { value: 'ü', source: '', advice: '' }
    expect(verdicts(link('client_id=%C3%BC'), good, { ...expectation, client_id })[1]).toBe(
      'client_id passed',
    )
    expect(verdicts(link('client_id=%FC'), good, { ...expectation, client_id })[1]).toBe('client_id failed')
  })

  test.each([
    ['a parameter that is missing', link('a=b'), expectation, 'the link has no redirect_uri'],
    ['nothing to compare with', fine, { ...expectation, redirect_uri: undefined }, 'not compared: made up'],
    ['a link that is none', 'x', expectation, 'the link has no redirect_uri'],
  ])('skips %s', (_name, url, wanted, message) => {
    const [check] = checkLink(url, good, wanted)
    expect(check).toMatchObject({ status: 'skipped', message: expect.stringContaining(message) })
  })

  test('a parameter must not stand there twice, even with one value', () => {
    const [, check] = checkLink(`${fine}&client_id=12345`, good, expectation)
    expect(check).toMatchObject({ id: 'client_id', status: 'failed' })
  })

  test.each([
    [token({ aud: 'https://api.eu.junction.com' }), 'failed', 'production/eu'],
    [token({ aud: 'https://api.sandbox.eu.tryvital.io' }), 'failed', 'sandbox/eu'],
    [token({ aud: 'https://api.us.junction.com/v2/link' }), 'failed', 'production/us'],
    [token({ aud: 'https://elsewhere.example' }), 'skipped', 'https://elsewhere.example'],
    [token({}), 'skipped', null],
    ['dGVzdCB0ZXN0IHRlc3Q=', 'skipped', null],
  ])('the audience of %s is %s', (linkToken, status, found) => {
    const [, , check] = checkLink(fine, linkToken, expectation)
    expect(check).toMatchObject({ id: 'audience', status, found, expected: 'sandbox/us' })
    expect(check?.advice === null).toBe(status !== 'failed')
  })

  test('a token of another team is told; of no team, or when none is known, is not', () => {
    const other = token({ aud: 'https://api.sandbox.us.junction.com', team_id: 'made-up' })
    expect(verdicts(fine, other, expectation)[3]).toBe('team failed')
    expect(verdicts(fine, other, { ...expectation, team: undefined })).toHaveLength(3)
    expect(verdicts(fine, token({}), expectation)).toHaveLength(3)
  })

  test('shows nothing secret', () => {
    const shown = JSON.stringify(checkLink(`${fine}&state=${good}`, good, expectation))
    expect(shown).not.toContain(good.split('.')[1])
  })
})

describe('expectLink', () => {
  const configured = { redirect_uri: 'https://file.example/', client_id: 'file' }
  const advise = (id: string, source: string) => `${id} ${source}`
  const sources = { record: undefined, unknown: undefined, configured, file: 'byoo.yaml' }

  test('takes what Junction holds, field by field, else what byoo.yaml says', () => {
    const record = { redirect_url_override: 'https://held.example/', client_id: '' }
    expect(expectLink({ ...sources, record }, advise)).toMatchObject({
      redirect_uri: {
        value: 'https://held.example/',
        source: 'the one that Junction holds',
        advice: 'redirect_uri junction',
      },
      client_id: {
        value: 'file',
        source: 'the one in byoo.yaml, since Junction holds none',
        advice: 'client_id file',
      },
    })
  })

  test('does not say that Junction holds none when that is not known', () => {
    const { redirect_uri, client_id, otherwise } = expectLink(
      {
        ...sources,
        unknown: 'there is no management key',
        configured: { ...configured, client_id: undefined },
      },
      advise,
    )
    expect(redirect_uri?.source).toBe('the one in byoo.yaml')
    expect([client_id, otherwise]).toEqual([
      undefined,
      'not compared: there is no management key, and byoo.yaml has none',
    ])
  })
})

describe('readLinkToken', () => {
  const eu = 'https://api.eu.junction.com'
  const demo = 'http://127.0.0.1:8080/sandbox/eu/v2/link'

  test.each<[aud: unknown, found: string | undefined, environment: string | undefined]>([
    [eu, eu, 'production/eu'],
    [[eu], undefined, undefined],
    [demo, demo, undefined],
    ['not a URL', 'not a URL', undefined],
    [5, undefined, undefined],
  ])('of the audience %j takes %s, which is of %s', (claim, aud, environment) => {
    expect(readLinkToken(token({ aud: claim }))).toEqual({ aud, environment })
  })

  test.each(['', 'dGVzdCB0ZXN0IHRlc3Q=', 'a.b.c', 'a.!!!.c', token({}), token(null)])(
    'finds nothing in %j',
    (text) => {
      expect(readLinkToken(text)).toEqual({})
    },
  )
})

describe('readOauthUrl', () => {
  test('keeps the bytes and decodes once', () => {
    const url =
      'https://acme-fit.example/o/authorize?client_id=a%2Bb+c&redirect_uri=https%3A%2F%2Fo.example%2Fcb%252F&state=x%3D'
    expect(readOauthUrl(url)).toEqual({
      endpoint: 'https://acme-fit.example/o/authorize',
      client_id: { raw: 'a%2Bb+c', value: 'a+b c' },
      redirect_uri: { raw: 'https%3A%2F%2Fo.example%2Fcb%252F', value: 'https://o.example/cb%2F' },
      state: { raw: 'x%3D', value: 'x=' },
      repeated: [],
    })
  })

  test.each([
    ['redirect_uri=https://o.example/cb?a=b', 'https://o.example/cb?a=b'],
    ['redirect%5Furi=x', 'x'],
    ['redirect_uri', ''],
    ['redirect_uri=%zz%4', '%zz%4'],
    ['redirect_uri=%C3%BC', latin1('ü')],
    ['redirect_uri=ü', latin1('ü')],
    ['redirect_uri=x#y', 'x'],
    ['#?redirect_uri=x', undefined],
    ['', undefined],
  ])('%s holds %s', (query, value) => {
    expect(readOauthUrl(`https://acme-fit.example/?${query}`)?.redirect_uri?.value).toBe(value)
  })

  test('names what stands there twice', () => {
    const read = readOauthUrl('https://acme-fit.example/?client_id=1&client_id=2&state=x&state=x')
    expect(read).toMatchObject({ client_id: { value: '1' }, repeated: ['client_id', 'state'] })
  })

  test.each(['', 'acme-fit.example', 'javascript:alert(1)', 'file:///etc/passwd'])('%j is none', (text) => {
    expect(readOauthUrl(text)).toBeUndefined()
  })
})

const runs = { numRuns: 2000 }
const anything = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.webUrl({ withQueryParameters: true }),
)

test('any text at all is an OAuth URL or none, and is never thrown at', () => {
  const given = fc.tuple(fc.constantFrom('', 'https://p.example/?'), anything)
  const read = ([before, text]: [string, string]) => {
    const url = readOauthUrl(before + text)
    if (url) expect(url.endpoint).toMatch(/^https?:\/\//)
  }
  fc.assert(fc.property(given, read), runs)
})

test('whatever stands in redirect_uri, client_id and state is read as it was meant, and kept as it stands', () => {
  const value = fc.string({ unit: 'grapheme', maxLength: 60 })
  const read = (redirect_uri: string, client_id: string, state: string) => {
    const query = new URLSearchParams({ response_type: 'code', redirect_uri, client_id, state })
    const url = readOauthUrl(`https://p.example/authorize?${query}`)
    const values = [url?.redirect_uri, url?.client_id, url?.state].map((one) => one?.value)
    expect(values).toEqual([redirect_uri, client_id, state].map(latin1))
    expect(`${query}`).toContain(`redirect_uri=${url?.redirect_uri?.raw}&`)
    expect(url?.repeated).toEqual([])
  }
  fc.assert(fc.property(value, value, value, read), runs)
})

test('any link token is readable or not, and is never thrown at', () => {
  const encoded = (text: string) => `eyJ.${Buffer.from(text).toString('base64url')}.made-up`
  const claims = fc.oneof(
    fc.jsonValue(),
    fc.record({ aud: fc.jsonValue(), team_id: fc.jsonValue() }),
    fc.constant({ aud: ['//', 'https://', 'http://[', 'https://api.us.junction.com', 7] }),
  )
  const texts = fc.oneof(
    anything,
    fc.tuple(anything, anything).map((parts) => `eyJ.${parts.join('.')}`),
    claims.map((value) => encoded(JSON.stringify(value))),
    fc.constant(encoded('['.repeat(20_000))),
  )
  const read = (text: string) => {
    const { aud, team } = readLinkToken(text)
    for (const claim of [aud, team]) expect(['string', 'undefined']).toContain(typeof claim)
  }
  fc.assert(fc.property(texts, read), runs)
})
