import fc from 'fast-check'
import { expect, test } from 'vitest'
import { latin1, readLinkToken, readOauthUrl } from '../../src/junction/oauth-link.ts'

const anything = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.webUrl({ withQueryParameters: true }),
)

test('any text at all is an OAuth URL or none, and is never thrown at', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        anything,
        anything.map((text) => `https://p.example/?${text}`),
      ),
      (text) => {
        const read = readOauthUrl(text)
        if (read) expect(read.endpoint).toMatch(/^https?:\/\//)
      },
    ),
    { numRuns: 2000 },
  )
})

test('whatever stands in redirect_uri, client_id and state is read as it was meant, and kept as it stands', () => {
  const value = fc.string({ unit: 'grapheme', maxLength: 60 })
  fc.assert(
    fc.property(value, value, value, (redirect_uri, client_id, state) => {
      const query = new URLSearchParams({ response_type: 'code', redirect_uri, client_id, state })
      const read = readOauthUrl(`https://p.example/authorize?${query}`)
      expect(read?.redirect_uri?.value).toBe(latin1(redirect_uri))
      expect(read?.client_id?.value).toBe(latin1(client_id))
      expect(read?.state?.value).toBe(latin1(state))
      expect(`${query}`).toContain(`redirect_uri=${read?.redirect_uri?.raw}&`)
      expect(read?.repeated).toEqual([])
    }),
    { numRuns: 2000 },
  )
})

test('any link token is readable or not, and is never thrown at', () => {
  const claims = fc.oneof(
    fc.jsonValue(),
    fc.record({ aud: fc.jsonValue(), team_id: fc.jsonValue() }),
    fc.constant({ aud: ['//', 'https://', 'http://[', 'https://api.us.junction.com', 7] }),
  )
  const token = fc.oneof(
    anything,
    fc.tuple(anything, anything).map((parts) => `eyJ.${parts.join('.')}`),
    claims.map((value) => `eyJ.${Buffer.from(JSON.stringify(value)).toString('base64url')}.made-up`),
    fc.constant(`eyJ.${Buffer.from('['.repeat(20_000)).toString('base64url')}.made-up`),
  )
  fc.assert(
    fc.property(token, (text) => {
      const { aud, team } = readLinkToken(text)
      for (const claim of [aud, team]) expect(['string', 'undefined']).toContain(typeof claim)
    }),
    { numRuns: 2000 },
  )
})
