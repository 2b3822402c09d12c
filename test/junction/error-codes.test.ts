import { describe, expect, test } from 'vitest'
import { errorCodes, findErrorCode } from '../../src/junction/error-codes.ts'

describe('errorCodes', () => {
  test.each(errorCodes)('$code says what it means and what to do', ({ meaning, advice }) => {
    expect(meaning).toMatch(/^[\w'"].{15,}[^.\s]$/)
    expect(advice).toMatch(/^[\w'"].{15,}[^.\s]$/)
  })

  test('each is there once', () => {
    expect(new Set(errorCodes.map(({ code }) => code)).size).toBe(errorCodes.length)
  })

  test.each([400, 404, 405, 408, 414, 417, 421, 431, 500])('%i, which serve answers, is known', (status) => {
    expect(findErrorCode(String(status))?.from).toBe('forwarder')
  })

  test.each(
    // RFC 6749 §4.1.2.1 and §5.2
    `invalid_request unauthorized_client access_denied unsupported_response_type invalid_scope server_error
    temporarily_unavailable invalid_client invalid_grant unsupported_grant_type`.split(/\s+/),
  )('%s, an error of RFC 6749, is known', (code) => {
    expect(findErrorCode(code)?.from).toBe('provider')
  })

  test('the case of the letters may differ, but an exact match comes first', () => {
    expect(findErrorCode('Token_Expired')?.code).toBe('token_expired')
    expect(findErrorCode('INVALID_REQUEST')?.from).toBe('widget')
    expect(findErrorCode('made_up')).toBeUndefined()
  })

  test('what is documented for one provider only, or not at all, says so', () => {
    expect(findErrorCode('unsupported_region')?.meaning).toContain('freestyle_libre')
    expect(findErrorCode('provider_password_expired')?.meaning).toContain('abbott_libreview')
    expect(findErrorCode('user_cancelled')?.meaning).toContain('not documented')
  })
})
