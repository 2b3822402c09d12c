import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHttp, type Http } from '../../src/junction/http.ts'
import { createManagement, type Management, type Place } from '../../src/junction/management.ts'
import { type ManagementSimulator, startManagementSimulator } from '../../src/simulator/management.ts'

const override = 'https://oauth.example.com/oauth_callback/strava'

let simulator: ManagementSimulator
let http: Http
let management: Management
let place: Place
let team: string

beforeEach(async () => {
  simulator = await startManagementSimulator()
  http = createHttp({ env: {}, timeout: 5000, wait: async () => {} })
  management = createManagement(http, { key: simulator.keys.organisation, url: simulator.url })
  place = { org: simulator.org, environment: 'sandbox', region: 'us' }
  team = simulator.teams.us.id
})

afterEach(async () => {
  await http.close()
  await simulator.close()
})

function strava(changes: Record<string, unknown> = {}) {
  return {
    team_id: team,
    provider: 'strava',
    client_id: '12345',
    client_secret: 'made-up-secret',
    redirect_url_override: override,
    ...changes,
  }
}

describe('setCredentials', () => {
  it('creates a record and answers with it, without the secret', async () => {
    const record = await management.setCredentials(place, strava())
    expect(record).toMatchObject({ client_id: '12345', source: 'strava', redirect_url_override: override })
    expect(record.client_secret_hash).toMatch(/^[0-9a-f]{64}$/)
    expect(JSON.stringify(record)).not.toContain('made-up-secret')
  })

  it('changes the record that is there', async () => {
    const before = await management.setCredentials(place, strava())
    const after = await management.setCredentials(place, strava({ client_id: '67890' }))
    expect(after.id).toBe(before.id)
    expect(after.client_id).toBe('67890')
    expect(after.client_secret_hash).toBe(before.client_secret_hash)
  })

  it('leaves out what is undefined or null', async () => {
    const nothing = { client_secret: undefined, details: null as unknown as undefined }
    await management.setCredentials(place, strava(nothing))
    expect(Object.keys(simulator.requests[0]?.body as object)).toEqual([
      'team_id',
      'provider',
      'client_id',
      'redirect_url_override',
    ])
  })

  it.each(['kept', 'cleared'] as const)('sees that omitted fields are %s', async (omittedFields) => {
    simulator.set({ omittedFields })
    await management.setCredentials(place, strava())
    const after = await management.setCredentials(place, strava({ client_secret: undefined }))
    expect(typeof after.client_secret_hash).toBe(omittedFields === 'kept' ? 'string' : 'undefined')
  })

  it('keeps the four stores apart', async () => {
    await management.setCredentials(place, strava())
    expect(simulator.store.records('sandbox/us')).toHaveLength(1)
    expect(await management.listCredentials({ ...place, environment: 'production' })).toEqual([])
    expect(await management.listCredentials({ ...place, region: 'eu' })).toEqual([])
    expect(await management.listCredentials(place)).toHaveLength(1)
  })
})
