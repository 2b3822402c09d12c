import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cleanSecret } from '../../../src/cli/resolve/secret.ts'
import { setStrava, startWorld } from '../../world.ts'

const reading = { hide: () => {} }

describe('a secret', () => {
  test.each([
    ['a', 'a'],
    ['a\n', 'a'],
    ['a\r\n', 'a'],
    ['a b', 'a b'],
  ])('%j is taken as %j', (raw, secret) => {
    expect(cleanSecret(raw, 'it', reading)).toBe(secret)
  })

  test.each([
    ['', 'it is empty'],
    ['\n', 'it is empty'],
    ['a\n\n', 'it must not end with white space: see character 2'],
    ['a ', 'it must not end with white space: see character 2'],
    [' a', 'it must not start with white space: see character 1'],
    ['\ufeffa', 'it must not contain a byte order mark (BOM) (U+FEFF): see character 1'],
    ['a\u200b', 'it must not contain a zero-width space (U+200B): see character 2'],
    ['a\u00adb', 'it must not contain a soft hyphen (U+00AD): see character 2'],
    ['a\u00a0', 'it must not contain a no-break space (U+00A0): see character 2'],
    ['\u201ca', 'it must not contain a curly quote (U+201C): see character 1'],
    ['pässwörd', 'it must not contain a character outside ASCII (U+00E4): see character 2'],
    ['a\nb', 'it must not contain a line break: see character 2'],
    ['a\u0000b', 'it must not contain a control character: see character 2'],
    ['b\tb', 'it must not contain a control character: see character 2'],
    ['😀\tb', 'it must not contain a character outside ASCII (U+1F600): see character 1'],
  ])('%j is refused', (raw, message) => {
    expect(() => cleanSecret(raw, 'it', reading)).toThrow(message)
  })

  test('is never changed but for one newline, and never in a message', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 6 }), (raw) => {
        try {
          const secret = cleanSecret(raw, 'it', reading)
          expect([secret, `${secret}\n`, `${secret}\r\n`]).toContain(raw)
        } catch (error) {
          expect((error as Error).message).not.toContain(raw)
        }
      }),
    )
  })
})

describe('BYOO_CLIENT_SECRET and --client-secret-file', () => {
  test.each([
    ['an empty file', '', 'the client secret from stdin is empty'],
    ['white space', 'made-up \n', 'must not end with white space: see character 8'],
  ])('%s is refused before anything is written', async (_, stdin, message) => {
    const world = await startWorld()
    const { code, stderr } = await world.here(setStrava, { stdin })
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
    expect(stderr).not.toContain('made-up ')
    expect(world.simulator.requests.map(({ operation }) => operation)).not.toContain('set')
  })

  test('the option goes before the variable', async () => {
    const world = await startWorld()
    const env = { BYOO_CLIENT_SECRET: 'made-up-in-variable' }
    await world.here(setStrava, { stdin: 'made-up-in-stdin', env })
    await world.here(setStrava.slice(0, -2), { env })
    const sent = world.simulator.requests
      .filter(({ operation }) => operation === 'set')
      .map(({ body }) => body)
    expect(sent).toMatchObject([
      { client_secret: 'made-up-in-stdin' },
      { client_secret: 'made-up-in-variable' },
    ])
  })

  test('without any of them, and without a terminal, the error says what to do', async () => {
    const world = await startWorld()
    const { code, stderr } = await world.here(setStrava.slice(0, -2))
    expect([code, stderr]).toEqual([2, expect.stringContaining('--client-secret-file')])
  })

  test('both files cannot be stdin', async () => {
    const world = await startWorld()
    const { code, stderr } = await world.here([...setStrava, '--details-file', '-'], { stdin: 'x' })
    expect([code, stderr]).toEqual([2, expect.stringContaining('cannot both read stdin')])
  })

  test('a secret that Junction repeats in an error is not shown', async () => {
    const world = await startWorld()
    const secret = 'made-up-and-repeated'
    world.simulator.set({
      failures: [{ operation: 'set', type: 'status', status: 422, shape: 'list', text: `bad: ${secret}` }],
    })
    const { stderr, stdout } = await world.here([...setStrava, '--verbose', '--json'], { stdin: secret })
    expect(stdout + stderr).not.toContain(secret)
    expect(stderr).toContain('[redacted]')
  })
})
