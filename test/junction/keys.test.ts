import { describe, expect, test } from 'vitest'
import { checkManagementKey, checkTeamKey, keyKind } from '../../src/junction/keys.ts'
import { failureOf } from './start.ts'

const thrown = (check: () => void) => failureOf(Promise.resolve().then(check))

test.each([
  ['mg_made-up', { kind: 'management' }],
  ['pk_us_made-up', { kind: 'team', environment: 'production/us' }],
  ['pk_eu_made-up', { kind: 'team', environment: 'production/eu' }],
  ['sk_us_made-up', { kind: 'team', environment: 'sandbox/us' }],
  ['sk_eu_made-up', { kind: 'team', environment: 'sandbox/eu' }],
  ['sk_ap_made-up', { kind: 'unknown' }],
  ['MG_made-up', { kind: 'unknown' }],
  ['constructor', { kind: 'unknown' }],
])('%s is of the kind %j', (key, expected) => {
  expect(keyKind(key)).toEqual(expected)
})

describe('a management key', () => {
  test('is accepted', () => {
    expect(() => checkManagementKey('mg_made-up', 'JUNCTION_MANAGEMENT_KEY')).not.toThrow()
  })

  test.each([
    ['sk_us_made-up', 'is a team API key (sandbox/us), and a management key is needed'],
    ['pk_eu_made-up', 'is a team API key (production/eu), and a management key is needed'],
    ['made-up', 'is no key of Junction, and a management key is needed'],
    ['', 'is empty'],
    ['mg_made up', 'must not contain a space: see character 8'],
    ['mg_made-up\n', 'must not end with white space: see character 11'],
    ['mg_mäde-up', 'must not contain a character outside ASCII (U+00E4): see character 5'],
    ['mg_made\u200b-up', 'must not contain a zero-width space (U+200B): see character 8'],
  ])('is not %j', async (key, message) => {
    const error = await thrown(() => checkManagementKey(key, 'JUNCTION_MANAGEMENT_KEY'))
    expect(error).toMatchObject({ code: 'wrong_key', mayHaveTakenEffect: false, hint: expect.any(String) })
    expect(error.message).toMatch(/^JUNCTION_MANAGEMENT_KEY /)
    expect(error.message).toContain(message)
    if (key !== '') expect(error.message).not.toContain(key)
  })
})

describe('a team key', () => {
  test('is accepted for its environment', () => {
    expect(() => checkTeamKey('sk_eu_made-up', 'JUNCTION_API_KEY', 'sandbox/eu')).not.toThrow()
  })

  test.each([
    ['sk_us_made-up', 'is a team API key (sandbox/us), and a team API key of production/us is needed'],
    ['pk_eu_made-up', 'is a team API key (production/eu), and a team API key of production/us is needed'],
    ['mg_made-up', 'is a management key, and a team API key of production/us is needed'],
    ['made-up', 'is no key of Junction, and a team API key of production/us is needed'],
  ])('is not %s', async (key, message) => {
    const error = await thrown(() => checkTeamKey(key, 'JUNCTION_API_KEY', 'production/us'))
    expect(error).toMatchObject({
      code: 'wrong_key',
      message: `JUNCTION_API_KEY ${message}`,
      hint: 'use the team API key of production/us; it starts with "pk_us_"',
    })
  })
})
