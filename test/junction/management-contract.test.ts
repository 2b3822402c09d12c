import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { junctionEnvironments } from '../../src/junction/environments.ts'
import type { Store } from '../../src/junction/management.ts'
import { providerSlugs } from '../../src/junction/providers.ts'
import type { RecordedRequest } from '../world.ts'
import { contract, validationError } from './management-contract.ts'
import { failureOf, start } from './start.ts'

const details: Readonly<Record<string, Record<string, unknown>>> = {
  fitbit: {
    fitbit: { workout_verify_token: 'made-up', sleep_verify_token: 'made-up', body_verify_token: 'made-up' },
  },
  google_fit: { redirect_uri: 'https://oauth.example.com/callback', data_scopes: ['openid'] },
  google_health: {
    project_number: '123456789012',
    service_account_email: 'x@made-up.iam.gserviceaccount.com',
  },
  my_fitness_pal_v2: { client: 'made-up' },
  polar: { webhook_secret: 'made-up-secret' },
}

/** Request and answer of one recorded exchange, each as far as the contract speaks of it. */
function check({ operation, method, path, body, answer }: RecordedRequest): string[] {
  const expected = contract[operation ?? '']
  const { pathname, searchParams } = new URL(path, 'http://simulator.invalid')
  const given = Object.fromEntries([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]))
  const { query = z.strictObject({}), body: sent = z.undefined() } = expected ?? {}
  const faults = {
    request: new RegExp(`^${expected?.request}$`).test(`${method} ${pathname}`),
    query: query.safeParse(given).success,
    body: sent.safeParse(body).success,
    answer: answer?.status === 200 && expected?.answer.safeParse(JSON.parse(answer.body)).success,
  }
  return Object.entries(faults)
    .filter(([, right]) => !right)
    .map(([part]) => `${part} of ${method} ${path}: ${JSON.stringify({ body, answer })}`)
}

describe('the contract', () => {
  test.each(providerSlugs)('holds for every call about %s', async (provider) => {
    const { simulator, management, place, strava } = await start({ pageSize: 1 })
    const record = { ...strava, provider, details: details[provider] }
    for (const environment of junctionEnvironments) {
      const there: Store = { ...place, environment }
      await management.prepare(there, { team_id: record.team_id, provider })
      const { id } = await management.setCredentials(there, record)
      await management.setCredentials(there, { ...record, team_id: simulator.teams.eu.id })
      await management.setCredentials(there, { team_id: record.team_id, provider })
      expect(await management.listCredentials(there)).toHaveLength(2)
      expect(await management.listCredentials(there, { team_id: record.team_id })).toHaveLength(1)
      await management.deleteCredentials(there, [id, simulator.org])
      await management.createTeamToken(place.org, record.team_id, environment)
    }
    await management.team(place.org, record.team_id)
    expect(new Set(simulator.requests.map(({ operation }) => operation)).size).toBe(
      Object.keys(contract).length,
    )
    expect(simulator.requests.flatMap(check)).toEqual([])
  })

  test('holds when omitted fields are cleared', async () => {
    const { simulator, management, place, strava } = await start({ omittedFields: 'cleared' })
    await management.setCredentials(place, strava)
    await management.setCredentials(place, { team_id: strava.team_id, provider: 'strava' })
    expect(simulator.requests.flatMap(check)).toEqual([])
  })

  test('finds what it does not allow', async () => {
    const { simulator, management, place, strava } = await start({ strangeAnswers: true })
    await management.setCredentials(place, { ...strava, made_up: 1 } as typeof strava)
    expect(simulator.requests.flatMap(check).map((fault) => fault.split(' ', 1)[0])).toEqual([
      'body',
      'answer',
    ])
  })

  test.each([
    ['an organisation that is no UUID', { org: 'x' }, {}],
    ['an environment that is none', { environment: 'staging/us' }, {}],
    ['a team that is no UUID', {}, { team_id: 'x' }],
    ['a provider that is none', {}, { provider: 'x' }],
    ['details without what is needed', {}, { provider: 'fitbit', details: { fitbit: {} } }],
    ['a client id that is no text', {}, { client_id: 5 }],
  ])('of a 422 holds for %s', async (_name, where, what) => {
    const { simulator, management, place, strava } = await start()
    const record = { ...strava, ...what } as typeof strava
    const error = await failureOf(management.setCredentials({ ...place, ...where } as Store, record))
    expect(error).toMatchObject({ code: 'refused', status: 422, mayHaveTakenEffect: false })
    const answer = JSON.parse(simulator.requests[0]?.answer?.body ?? '')
    expect(validationError.safeParse(answer)).toMatchObject({ success: true })
  })
})
