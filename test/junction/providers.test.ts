import { describe, expect, test } from 'vitest'
import { detailsSchema, detailsSchemas } from '../../src/junction/details.ts'
import { factsOf, findProvider, providerSlugs, providers } from '../../src/junction/providers.ts'
import { redactionFor } from '../../src/junction/redact.ts'

describe('the catalogue', () => {
  test('has every slug once, in order', () => {
    expect(providers.map(({ slug }) => slug)).toEqual([...providerSlugs])
    expect([...providerSlugs].sort()).toEqual([...providerSlugs])
    expect(new Set(providerSlugs).size).toBe(16)
  })

  test('knows which providers are active at once', () => {
    expect(providers.filter(({ activation }) => activation.length > 0).map(({ slug }) => slug)).toEqual([
      'fitbit',
    ])
  })

  test('knows which providers nobody can connect without credentials of their own', () => {
    expect(providers.filter(({ byooOnly }) => byooOnly).map(({ slug }) => slug)).toEqual([
      'dexcom_v3',
      'map_my_fitness',
      'my_fitness_pal_v2',
      'strava',
      'whoop_v2',
    ])
  })

  test('knows which starting limits are published', () => {
    const none = providers.filter((provider) => factsOf(provider, 'rate limits').length === 0)
    expect(none.map(({ slug }) => slug)).toEqual([
      'cronometer',
      'google_health',
      'map_my_fitness',
      'my_fitness_pal_v2',
      'omron',
      'ultrahuman',
    ])
  })

  test('knows how to become a developer, and where that is not documented', () => {
    const slugs = [...new Set(providers.map(({ signUp }) => signUp))].map((signUp) => [
      signUp ?? 'not documented',
      providers.flatMap((one) => (one.signUp === signUp ? [one.slug] : [])).join(' '),
    ])
    expect(Object.fromEntries(slugs)).toEqual({
      self: 'fitbit polar withings',
      application: 'cronometer dexcom_v3 garmin google_health oura strava ultrahuman wahoo whoop_v2',
      closed: 'google_fit map_my_fitness my_fitness_pal_v2',
      'not documented': 'omron',
    })
  })

  test('knows who may connect before a review', () => {
    const capped = providers.flatMap((one) => factsOf(one, 'cap').map((cap) => `${one.slug}: ${cap}`))
    expect(capped.map((cap) => cap.split(' ').slice(0, 2).join(' '))).toEqual([
      'google_health: 100',
      'oura: 10',
      'strava: 1',
      'whoop_v2: 10',
    ])
  })

  test('knows that Strava compares the host alone, and the others everything', () => {
    expect(
      providers.filter(({ redirectMatch }) => redirectMatch !== 'exact').map(({ slug }) => slug),
    ).toEqual(['strava'])
    expect(factsOf(findProvider('strava'), 'redirect URI').join()).not.toContain('exactly')
    expect(factsOf(findProvider('oura'), 'redirect URI')).toEqual([
      'the URI must match the registered one exactly',
    ])
  })

  test('gives the roles for Google Health with the resource each is for', () => {
    const notes = factsOf(findProvider('google_health'), 'roles')
    expect(notes).toContainEqual(expect.stringMatching(/roles\/health\.editor on the project/))
    expect(notes).toContainEqual(expect.stringMatching(/serviceAccountTokenCreator on that service account/))
  })

  test('knows how many redirect URIs a portal takes, and where that is not documented', () => {
    const taking = (count: string) =>
      providers.flatMap((one) => (one.redirectCount === count ? [one.slug] : [])).join(' ')
    expect(taking('several')).toBe('fitbit google_fit google_health oura whoop_v2')
    expect(taking('one')).toBe('strava')
  })

  test('knows whether a new secret ends the old one, and where that is not documented', () => {
    const which = (ends: boolean) =>
      providers.flatMap((one) => (one.newSecretEndsOld === ends ? [one.slug] : [])).join(' ')
    expect([which(true), which(false)]).toEqual(['dexcom_v3', 'google_fit google_health'])
  })

  test.each(providers)('of $slug has a source and a date for each fact', ({ facts, ...provider }) => {
    for (const { source } of facts) {
      expect(source).toEqual({ name: expect.stringMatching(/\w/), date: expect.stringMatching(/^2026-\d\d/) })
    }
    const topics = new Set(facts.map(({ topic }) => topic))
    for (const topic of ['plans', 'active', 'byoo only', 'redirect URI', 'details'] as const) {
      expect(topics).toContain(topic)
    }
    expect(topics.has('sign-up')).toBe(provider.signUp !== undefined)
    expect(topics.has('old secret')).toBe(provider.newSecretEndsOld !== undefined)
  })
})

describe('details', () => {
  const given: Readonly<Record<string, Record<string, unknown>>> = {
    fitbit: {
      fitbit: {
        workout_verify_token: 'made-up-1',
        sleep_verify_token: 'made-up-2',
        body_verify_token: 'made-up-3',
        foods_verify_token: 'made-up-4',
        is_hr_enabled: true,
      },
    },
    google_fit: { redirect_uri: 'https://oauth.example.com/callback', data_scopes: ['openid'] },
    google_health: { project_number: '123456789012', service_account_email: 'x@y.iam.gserviceaccount.com' },
    my_fitness_pal_v2: { client: 'made-up' },
    polar: { webhook_secret: 'made-up-5' },
  }
  const withField = (details: object, path: string, value: unknown): Record<string, unknown> => {
    const [first = '', ...rest] = path.split('.')
    const inner = (details as Record<string, object>)[first] ?? {}
    return { ...details, [first]: rest.length === 0 ? value : withField(inner, rest.join('.'), value) }
  }

  test('have a schema exactly where the catalogue names fields', () => {
    const named = providers.filter(({ details }) => details.length > 0).map(({ slug }) => slug)
    expect(Object.keys(detailsSchemas).sort()).toEqual(named)
    expect(detailsSchema('strava')).toBeUndefined()
    expect(detailsSchema('constructor')).toBeUndefined()
  })

  const redacted = redactionFor(undefined, []).value
  const fields = providers.flatMap(({ slug, details }) => details.map((field) => ({ slug, ...field })))

  test.each(fields)('$slug: $name is required: $required', ({ slug, name, required }) => {
    const schema = detailsSchema(slug)
    const details = given[slug] ?? {}
    expect(schema?.safeParse(details)).toMatchObject({ success: true })
    expect(schema?.safeParse(withField(details, name, undefined)).success).toBe(!required)
    expect(schema?.safeParse(withField(details, `${name}_typo`, 'x')).success).toBe(false)
  })

  test.each(fields)('$slug: $name is secret: $secret', ({ slug, name, secret }) => {
    const details = withField(given[slug] ?? {}, name, 'made-up-value')
    expect(JSON.stringify(redacted(details)).includes('made-up-value')).toBe(!secret)
  })

  test('that are not secret stay as they are', () => {
    expect(redacted({ fitbit: { is_hr_enabled: true, body_verify_token: 'x' }, other: [1] })).toEqual({
      fitbit: { is_hr_enabled: true, body_verify_token: '[redacted]' },
      other: [1],
    })
  })

  test.each([
    ['google_health', { project_number: 'my-project', service_account_email: 'x@example.com' }],
    ['google_health', { project_number: '1', service_account_email: 'x' }],
    ['google_fit', { redirect_uri: 'oauth.example.com', data_scopes: ['openid'] }],
    ['google_fit', { redirect_uri: 'https://oauth.example.com/', data_scopes: [] }],
    ['polar', { webhook_secret: '' }],
  ])('%s: %j is refused', (slug, details) => {
    expect(detailsSchema(slug)?.safeParse(details).success).toBe(false)
  })
})

describe('findProvider', () => {
  const message = (text: string) => {
    try {
      return findProvider(text).slug
    } catch (error) {
      expect(error).toMatchObject({ code: 'usage', hint: expect.any(String) })
      return (error as Error).message
    }
  }

  test.each(providerSlugs)('finds %s', (slug) => {
    expect(message(slug)).toBe(slug)
  })

  test.each([
    ['whoop', 'whoop_v2'],
    ['dexcom', 'dexcom_v3'],
    ['my_fitness_pal', 'my_fitness_pal_v2'],
    ['myfitnesspal', 'my_fitness_pal_v2'],
    ['mapmyfitness', 'map_my_fitness'],
    ['Strava', 'strava'],
    ['google-health', 'google_health'],
    ['google', 'google_health'],
    ['WHOOP', 'whoop_v2'],
    ['starva', 'strava'],
    ['fitbt', 'fitbit'],
  ])('for %s suggests %s', (text, slug) => {
    expect(message(text)).toContain(`"${text}" is not a BYOO provider (did you mean "${slug}"?)`)
  })

  test('tells why a near miss is another provider', () => {
    expect(message('whoop')).toContain('"whoop" is Junction\'s older connection by password')
  })

  test.each(['ihealth', 'runkeeper'])('knows that %s has no BYOO', (slug) => {
    expect(message(slug)).toContain('not one to bring your own OAuth for')
  })

  test.each(['constructor', '', '\u001b[31m', 'x'.repeat(500)])('of %j suggests nothing', (text) => {
    expect(message(text)).toMatch(/^"[^\p{Cc}]{0,70}" is not a BYOO provider$/u)
  })
})
