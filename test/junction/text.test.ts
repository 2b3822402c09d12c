import { describe, expect, test } from 'vitest'
import { errorDetail } from '../../src/junction/errors.ts'
import { retryAfter } from '../../src/junction/http.ts'
import { redactionFor } from '../../src/junction/redact.ts'
import { printable } from '../../src/output/printable.ts'

describe('printable', () => {
  test.each([
    ['plain text, ünïcode and 🏃', 'plain text, ünïcode and 🏃'],
    ['a\tb\r\nc', 'a\\tb\\r\\nc'],
    ['\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
    ['\u0000\u007f\u009b', '\\x00\\x7f\\x9b'],
    ['a\u202eb\u2066c\u200bd\ufeff\u2028', 'a\\u202eb\\u2066c\\u200bd\\ufeff\\u2028'],
    ['\ud83d', '\\ud83d'],
  ])('%j is shown as %j', (text, expected) => {
    expect(printable(text)).toBe(expected)
  })

  test('cuts long text between characters', () => {
    expect(printable('🏃🏃🏃', 2)).toBe('🏃🏃…')
    expect(printable('ab', 2)).toBe('ab')
    expect(printable('x'.repeat(10_000), 5)).toBe('xxxxx…')
  })
})

describe('errorDetail', () => {
  test.each([
    ['', undefined],
    [' \n', undefined],
    ['{"detail": "no"}', 'no'],
    ['{"detail": ""}', undefined],
    ['{"detail": [{"loc": ["body", "details", 0, "x"], "msg": "no", "type": "t"}]}', 'details.0.x: no'],
    ['{"detail": [{"loc": ["body", "a"], "msg": "one"}, "two", {"other": 3}]}', 'a: one; two; {"other":3}'],
    ['{"detail": {"error_type": "t", "error_message": "no"}}', 't: no'],
    ['{"error_type": "t", "error_message": "no"}', 't: no'],
    ['{"detail": {"other": 1}}', '{"other":1}'],
    ['{"message": "Forbidden"}', 'Forbidden'],
    ['{"error": "invalid"}', 'invalid'],
    ['{"detail": null, "message": "no"}', 'no'],
    ['"just text"', 'just text'],
    ['[]', undefined],
    ['null', undefined],
    ['{"detail": [null, "two"]}', 'two'],
    ['upstream connect error', 'upstream connect error'],
    ['<html><head><title>502 Bad\n Gateway</title></head></html>', 'a web page titled "502 Bad Gateway"'],
    ['<html></html>', 'a web page, not an API answer'],
    ['{"detail": "a\\u001b[31mb"}', 'a\\x1b[31mb'],
  ])('%s says %j', (body, expected) => {
    expect(errorDetail(body)).toBe(expected)
  })

  test('takes no longer for a page that is made to take long', () => {
    const before = process.cpuUsage()
    expect(errorDetail('<title'.repeat(300_000))).toBe('a web page, not an API answer')
    // In microseconds; this took hours.
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000)
  })

  test('cuts what is long', () => {
    expect(errorDetail('x'.repeat(5000))).toBe(`${'x'.repeat(500)}…`)
  })
})

describe('redactionFor', () => {
  const body = {
    client_secret: 'made-up "secret" & more',
    details: { fitbit: { body_verify_token: 'made-up-token' }, list: [{ webhook_secret: 'made-up-hook' }] },
    client_id: '12345',
  }
  const { text, value } = redactionFor(body, ['mg_made-up'])

  test('knows every secret of the request, however it is written', () => {
    expect(text('a made-up "secret" & more b')).toBe('a [redacted] b')
    expect(text(JSON.stringify({ echo: body.client_secret }))).toBe('{"echo":"[redacted]"}')
    expect(text(encodeURIComponent(body.client_secret))).toBe('[redacted]')
    expect(text('made-up-token made-up-hook mg_made-up 12345')).toBe('[redacted] [redacted] [redacted] 12345')
  })

  test('hides fields that are secret by their name, but not a hash', () => {
    const answer = {
      access_token: 'x',
      oauth_url: 'x',
      client_secret_hash: 'abc',
      client_secret: null,
      details: { webhook_secret: 'x', signing_key: 'x', client: 'y', key: 'z', echo: ['made-up-hook'] },
    }
    expect(value(answer)).toEqual({
      access_token: '[redacted]',
      oauth_url: '[redacted]',
      client_secret_hash: 'abc',
      client_secret: null,
      details: {
        webhook_secret: '[redacted]',
        signing_key: '[redacted]',
        client: 'y',
        key: 'z',
        echo: ['[redacted]'],
      },
    })
  })

  test('hides link tokens wherever they stand, and what a provider knows a user by', () => {
    const token = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.bWFkZS11cA.c2lnbmF0dXJl`
    const plain = redactionFor(undefined, [])
    expect(plain.text(`x?state=${token}&a=b`)).toBe('x?state=[redacted]&a=b')
    expect(plain.value({ detail: [`bad token ${token}`], link_token: 'x', link_web_url: 'x' })).toEqual({
      detail: ['bad token [redacted]'],
      link_token: '[redacted]',
      link_web_url: '[redacted]',
    })
    expect(plain.value({ external_user_id: 'made-up@example.com' })).toEqual({
      external_user_id: '[redacted]',
    })
  })

  test('hides a secret whole when another is its beginning', () => {
    const { text } = redactionFor(undefined, ['made-up', 'made-up-secret'])
    expect(text('made-up-secret, made-up')).toBe('[redacted], [redacted]')
  })

  test('leaves text alone when there are no secrets', () => {
    expect(redactionFor(undefined, ['']).text('text')).toBe('text')
  })
})

describe('retryAfter', () => {
  const now = Date.parse('2026-08-01T12:00:00Z')
  test.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Sat, 01 Aug 2026 12:00:30 GMT', 30_000],
    ['Sat, 01 Aug 2026 11:00:00 GMT', 0],
    ['', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    [undefined, undefined],
  ])('%j is %j ms', (value, expected) => {
    expect(retryAfter(value, now)).toBe(expected)
  })
})
