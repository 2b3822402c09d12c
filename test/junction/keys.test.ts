import { describe, expect, test } from 'vitest'
import { ByooError } from '../../src/errors.ts'
import { checkManagementKey, checkTeamKey, keyKind } from '../../src/junction/keys.ts'

function thrown(check: () => void): unknown {
  try {
    check()
  } catch (error) {
    return error
  }
  return undefined
}

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
    ['made-up', 'is not a management key: those start with "mg_"'],
    ['', 'is empty'],
    ['mg_made up', 'contains white space'],
    ['mg_made-up\n', 'contains white space'],
    ['mg_mäde-up', 'a character outside ASCII'],
  ])('is not %j', (key, message) => {
    const error = thrown(() => checkManagementKey(key, 'JUNCTION_MANAGEMENT_KEY'))
    expect(error).toBeInstanceOf(ByooError)
    expect(error).toMatchObject({ code: 'wrong_key', mayHaveTakenEffect: false, hint: expect.any(String) })
    const said = (error as ByooError).message
    expect(said).toMatch(/^JUNCTION_MANAGEMENT_KEY /)
    expect(said).toContain(message)
    if (key !== '') expect(said).not.toContain(key)
  })
})

describe('a team key', () => {
  test('is accepted for its environment', () => {
    expect(() => checkTeamKey('sk_eu_made-up', 'JUNCTION_API_KEY', 'sandbox/eu')).not.toThrow()
  })

  test.each([
    ['sk_us_made-up', 'is a team API key for sandbox/us, not for production/us'],
    ['pk_eu_made-up', 'is a team API key for production/eu, not for production/us'],
    ['mg_made-up', 'is a management key, and a team API key is needed'],
    ['made-up', 'is not a team API key'],
  ])('is not %s', (key, message) => {
    const error = thrown(() => checkTeamKey(key, 'JUNCTION_API_KEY', 'production/us'))
    expect(error).toMatchObject({
      code: 'wrong_key',
      message: `JUNCTION_API_KEY ${message}`,
      hint: 'use the team API key of production/us; it starts with "pk_us_"',
    })
  })
})
