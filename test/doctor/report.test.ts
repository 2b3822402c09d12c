import { describe, expect, test } from 'vitest'
import {
  doctorFindings,
  type Finding,
  fail,
  findingOf,
  noSubject,
  note,
  pass,
  type Result,
  skip,
} from '../../src/doctor/findings.ts'
import { createReport } from '../../src/doctor/report.ts'

const failed = (id: Parameters<typeof fail>[0], message: string): Finding =>
  findingOf(doctorFindings[id].check, noSubject, fail(id, message, { command: 'byoo doctor' }))

const said = (check: Finding['check'], result: Result) => findingOf(check, noSubject, result)

const key = failed('management-key-invalid', 'the key is of a team')
const link = failed('link-refused', 'there is no such user')
const left = failed('user-not-deleted', 'the user is still there')
const override = failed('override-differs', 'the override has another path')
const redirect = failed('link-differs', 'the link names another address')
const credentials = said('credentials', pass('all there'))
const expiring = said('credentials', note('environments-same-client-id', 'one application for both'))

describe('the verdict says of logins only what concerns them, and names what no check sees', () => {
  test.each<[string, readonly Finding[], string]>([
    ['the override', [override], 'Logins may fail: the override has another path.'],
    ['what a link names', [redirect], 'Logins may fail: the link names another address.'],
    ['a key', [key], 'Not everything could be checked: the key is of a team.'],
    ['a user', [link], 'Not everything could be checked: there is no such user.'],
    ['what is left', [left], 'A user is left behind: the user is still there.'],
    [
      'a key and what is left',
      [left, key],
      'Not everything could be checked: the key is of a team, and 1 more.',
    ],
    [
      'a key first, then the override',
      [key, override],
      'Logins may fail: the override has another path, and 1 more.',
    ],
    [
      'nothing',
      [credentials],
      'Nothing wrong found. Not checked: the client secret, scopes, the provider itself.',
    ],
    [
      'nothing, the provider included',
      [credentials, said('ask-provider', pass('accepts'))],
      'Nothing wrong found. Not checked: the client secret, scopes, logins at the provider.',
    ],
    [
      'a note, and a check that was not made',
      [credentials, expiring, said('verify', skip('it does not resolve'))],
      'Nothing wrong found, one thing to look at. Not checked: the live endpoint, the client secret, scopes, the provider itself.',
    ],
    ['nothing of Junction', [said('verify', pass('30 cases passed'))], 'Nothing wrong found.'],
  ])('%s', (_, findings, summary) => {
    expect(createReport(findings, true).summary).toBe(summary)
  })
})
