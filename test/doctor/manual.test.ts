import { expect, test } from 'vitest'
import { toRoute } from '../../src/config/route-schema.ts'
import { checkManually } from '../../src/doctor/checks/manual.ts'

function found(provider: string) {
  const url = `https://oauth.example.com/oauth_callback/${provider}`
  const environment = 'sandbox/us'
  const route = { ...toRoute({ url, provider, environment }), url }
  return checkManually({ environment, provider, url, ownCallback: false, route, credential: undefined })
}

test.each([
  ['garmin', 'gets callbacks without "state"'],
  ['whoop_v2', '10 members until WHOOP has approved'],
  ['google_health', 'roles/iam.serviceAccountTokenCreator on that service account'],
  ['fitbit', 'press "Verify" on every webhook subscriber'],
])('what no program can see of %s is said: %s', (provider, words) => {
  expect(
    found(provider)
      .map(({ message }) => message)
      .join('\n'),
  ).toContain(words)
})

test('the host alone is to be registered where the portal takes no more', () => {
  expect(found('strava')[0]?.message).toMatch(/this host must be registered: oauth\.example\.com$/)
})
