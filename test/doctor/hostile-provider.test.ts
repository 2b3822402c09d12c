import { expect, test } from 'vitest'
import { judgeProvider } from '../../src/doctor/checks/ask-provider.ts'

const uri = 'https://oauth.example.com/oauth_callback/strava'

test.each(['<', '<title', '<title>', 'mismatch', 'invalid ', 'redirect_uri '])(
  'a page of nothing but %j is judged at once',
  (piece) => {
    const body = piece.repeat(65_536 / piece.length)
    const before = process.cpuUsage()
    const { words } = judgeProvider(
      { answer: { status: 200, reason: 'OK', headers: [], body, bodyFault: undefined } },
      uri,
    )
    // In microseconds; some of these took seconds.
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
    expect(words.length).toBeLessThan(200)
  },
)
