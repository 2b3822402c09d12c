import { describe, expect, test } from 'vitest'
import { everything, type Finding, wrong } from '../../src/doctor/finding.ts'
import { report } from '../../src/doctor/report.ts'

const failed = (id: Parameters<typeof wrong>[0], message: string): Finding =>
  wrong(id, everything, message, { advice: 'Made up.', command: 'byoo doctor' })

const key = failed('management-key-wrong-kind', 'the key is of a team')
const link = failed('link-refused', 'there is no such user')
const left = failed('link-user-kept', 'the user is still there')
const override = failed('override-path', 'the override has another path')
const redirect = failed('link-redirect-uri-differs', 'the link names another address')

describe('the summary says of logins only what concerns them', () => {
  test.each<[string, readonly Finding[], string]>([
    ['the override', [override], 'Logins may fail: the override has another path.'],
    ['what a link names', [redirect], 'Logins may fail: the link names another address.'],
    ['a key', [key], 'Not everything could be looked at: the key is of a team.'],
    ['a user', [link], 'Not everything could be looked at: there is no such user.'],
    ['what is left', [left], 'Something is left behind: the user is still there.'],
    [
      'a key and what is left',
      [left, key],
      'Not everything could be looked at: the key is of a team, and 1 more.',
    ],
    [
      'a key first, then the override',
      [key, override],
      'Logins may fail: the override has another path, and 1 more.',
    ],
  ])('%s', (_, findings, summary) => {
    expect(report(findings, true).summary).toBe(summary)
  })
})
