import { expect, test } from 'vitest'
import type { Session } from '../../src/cli/session.ts'
import { type Target, verifyBeforeWrite } from '../../src/cli/write-credentials.ts'
import { findProvider } from '../../src/junction/providers.ts'

const target = {
  workspace: { file: undefined, given: {} },
  provider: findProvider('strava'),
  environment: 'production/us',
  redirectUrl: 'http://127.0.0.1:1/strava',
} as Target

/** A session in which the verification fails with this error. */
function failing(error: Error, signal: AbortSignal): Session {
  const progress = (_label: string, work: Promise<unknown>) => {
    work.catch(() => undefined)
    return Promise.reject(error)
  }
  return { context: {}, output: {}, signal, progress } as unknown as Session
}

test('a verification that fails before a write is told as it is, and as interrupted after Ctrl-C alone', async () => {
  const error = new Error('made-up failure')
  const open = new AbortController()
  const verifying = verifyBeforeWrite(failing(error, open.signal), target)
  await expect(verifying).rejects.toBe(error)
  open.abort()
  const interrupted = verifyBeforeWrite(failing(error, open.signal), target)
  await expect(interrupted).rejects.toMatchObject({ code: 'interrupted' })
})
