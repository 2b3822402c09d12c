import { describe, expect, it } from 'vitest'
import {
  createManagement,
  deleteCredentialsRequest,
  setCredentialsRequest,
} from '../../src/junction/management.ts'
import { redactionFor } from '../../src/junction/redact.ts'
import { failureOf, start } from './start.ts'

describe('setCredentials', () => {
  it('creates a record and answers with it, without the secret', async () => {
    const { management, place, strava } = await start()
    const record = await management.setCredentials(place, strava)
    expect(record).toMatchObject({
      client_id: '12345',
      source: 'strava',
      redirect_url_override: strava.redirect_url_override,
      details: undefined,
    })
    expect(record.client_secret_hash).toMatch(/^[0-9a-f]{64}$/)
    expect(JSON.stringify(record)).not.toContain('made-up-secret')
  })

  it('changes the record that is there', async () => {
    const { management, place, strava } = await start()
    const before = await management.setCredentials(place, strava)
    const after = await management.setCredentials(place, { ...strava, client_id: '67890' })
    expect(after).toMatchObject({
      id: before.id,
      client_id: '67890',
      client_secret_hash: before.client_secret_hash,
    })
  })

  it('leaves out what is undefined or null', async () => {
    const { management, place, strava, simulator } = await start()
    const nothing = { client_secret: undefined, details: null as unknown as undefined }
    await management.setCredentials(place, { ...strava, ...nothing })
    expect(simulator.requests[0]?.body).toEqual({
      team_id: strava.team_id,
      provider: 'strava',
      client_id: '12345',
      redirect_url_override: strava.redirect_url_override,
    })
  })

  it.each(['kept', 'cleared'] as const)('shows that omitted fields are %s', async (omittedFields) => {
    const { management, place, strava } = await start({ omittedFields })
    const { client_secret_hash } = await management.setCredentials(place, strava)
    const after = await management.setCredentials(place, { ...strava, client_secret: undefined })
    expect(after.client_secret_hash).toBe(omittedFields === 'kept' ? client_secret_hash : undefined)
  })

  it('writes to one of the four stores', async () => {
    const { management, place, strava, simulator } = await start()
    await management.setCredentials({ ...place, environment: 'production/eu' }, strava)
    expect(simulator.store.records('production/eu')).toHaveLength(1)
    expect(await management.listCredentials(place)).toEqual([])
    expect(await management.listCredentials({ ...place, environment: 'sandbox/eu' })).toEqual([])
    expect(await management.listCredentials({ ...place, environment: 'production/us' })).toEqual([])
  })

  it('can be described without being sent, and without secrets', async () => {
    const { access, place, strava, simulator } = await start()
    const request = setCredentialsRequest(access, place, strava)
    expect(request).toMatchObject({
      method: 'POST',
      url: `${simulator.url}/v1/org/${place.org}/team_custom_credentials/sandbox/us`,
      kind: 'write',
    })
    const shown = redactionFor(request.body, [access.key]).value(request.body)
    expect(shown).toEqual({ ...strava, client_secret: '[redacted]' })
    expect(simulator.requests).toEqual([])
  })
})

describe('listCredentials', () => {
  async function withRecords(count: number, switches = {}) {
    const started = await start(switches)
    for (let index = 0; index < count; index += 1) {
      const fields = { team_id: started.strava.team_id, provider: `made_up_${index}` }
      started.simulator.store.set('sandbox/us', fields)
    }
    return started
  }

  it.each([
    [0, 1],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 3],
  ])('reads %i records, two on a page, with %i requests', async (count, requests) => {
    const { management, place, simulator } = await withRecords(count, { pageSize: 2 })
    const sources = (await management.listCredentials(place)).map(({ source }) => source)
    expect(sources).toEqual(Array.from({ length: count }, (_, index) => `made_up_${index}`))
    expect(simulator.requests).toHaveLength(requests)
  })

  it('asks for one team, and picks the provider itself', async () => {
    const { management, place, strava, simulator } = await withRecords(3)
    const provider = 'made_up_1'
    const found = await management.listCredentials(place, { team_id: strava.team_id, provider })
    expect(found.map(({ source }) => source)).toEqual([provider])
    expect(simulator.requests[0]?.path).toMatch(new RegExp(`/sandbox/us\\?team_id=${strava.team_id}$`))
  })

  it.each([
    ['same_cursor', 'the cursor of page 2 repeats an earlier one', 2],
    ['new_cursors', 'there are more than 1000 pages', 1000],
  ] as const)('gives up on a list without end: %s', { timeout: 60_000 }, async (endless, message, pages) => {
    const { management, place, simulator } = await withRecords(1, { endlessPages: endless })
    const error = await failureOf(management.listCredentials(place))
    expect(error).toMatchObject({
      code: 'unexpected_answer',
      message: `could not list all credentials: ${message}`,
      mayHaveTakenEffect: false,
      found: [{ source: 'made_up_0' }],
    })
    expect(error.hint).not.toContain('again')
    expect(simulator.requests).toHaveLength(pages)
  })

  it('sees only the team of a team key', async () => {
    const { simulator, http, management, place, strava } = await start()
    await management.setCredentials(place, strava)
    await management.setCredentials(place, { ...strava, team_id: simulator.teams.eu.id })
    const team = createManagement(http, { key: simulator.keys.team, url: simulator.url })
    expect(await management.listCredentials(place)).toHaveLength(2)
    expect(await team.listCredentials(place)).toHaveLength(1)
    const error = await failureOf(team.listCredentials(place, { team_id: simulator.teams.eu.id }))
    expect(error.code).toBe('not_allowed')
  })
})

describe('deleteCredentials', () => {
  const stranger = '44444444-4444-4444-8444-444444444444'

  it('answers with three lists', async () => {
    const { management, place, strava, simulator } = await start()
    const { id } = await management.setCredentials(place, strava)
    expect(await management.deleteCredentials(place, [id, stranger])).toEqual({
      success: [id],
      failure: [],
      not_found: [stranger],
    })
    expect(simulator.requests[1]?.path).toMatch(new RegExp(`credential_id=${id}&credential_id=${stranger}$`))
    expect(await management.listCredentials(place)).toEqual([])
  })

  it('resolves when nothing could be deleted', async () => {
    const { management, place, strava } = await start({ deletionFails: true })
    const { id } = await management.setCredentials(place, strava)
    expect(await management.deleteCredentials(place, [id])).toEqual({
      success: [],
      failure: [id],
      not_found: [],
    })
  })

  it('reports "not found" when a first attempt took effect unseen', async () => {
    const { management, place, strava, simulator } = await start()
    const { id } = await management.setCredentials(place, strava)
    simulator.set({ failures: [{ type: 'reset', takesEffect: true }] })
    expect((await management.deleteCredentials(place, [id])).not_found).toEqual([id])
  })

  it('can be described without being sent', async () => {
    const { access, place, simulator } = await start()
    const { method, url } = deleteCredentialsRequest(access, place, [stranger])
    expect([method, url]).toEqual([
      'DELETE',
      `${simulator.url}/v1/org/${place.org}/team_custom_credentials/sandbox/us?credential_id=${stranger}`,
    ])
  })
})

describe('prepare', () => {
  it('tells that nothing is to be done', async () => {
    const { management, place, strava } = await start()
    const of = { team_id: strava.team_id, provider: 'strava' }
    expect(await management.prepare(place, of)).toEqual({
      status: 'no_action_needed',
      preparation_steps: [],
    })
  })

  it('lists the steps', async () => {
    const { management, place, strava } = await start()
    const of = { team_id: strava.team_id, provider: 'google_health' }
    const { status, preparation_steps } = await management.prepare(place, of)
    expect(status).toBe('preparations_required')
    expect(preparation_steps.map(({ type, key }) => [type, key])).toEqual([
      ['redirect_uri', undefined],
      ['iam_principal', undefined],
    ])
  })
})

describe('team', () => {
  it('tells name and region', async () => {
    const { management, place, simulator } = await start()
    const { id, name, region, environments } = simulator.teams.eu
    expect(await management.team(place.org, id)).toEqual({ id, name, region, environments })
    expect(simulator.requests[0]?.path).toMatch(
      /\?include_environment=production&include_environment=sandbox$/,
    )
  })

  it('is not found when there is none', async () => {
    const { management, place } = await start()
    const error = await failureOf(management.team(place.org, '44444444-4444-4444-8444-444444444444'))
    expect(error).toMatchObject({ code: 'not_found', mayHaveTakenEffect: false })
  })
})

describe('createTeamToken', () => {
  it.each([
    ['create_api_access_token', ['create_api_access_token']],
    ['create_access_token', ['create_api_access_token', 'create_access_token']],
  ] as const)('uses the call %s', async (tokenCall, expected) => {
    const { management, place, strava, simulator } = await start({ tokenCall })
    const token = await management.createTeamToken(place.org, strava.team_id, 'sandbox/us')
    expect(token).toMatchObject({ expires_in: 600 })
    expect(token.access_token).toMatch(/^made-up-team-token-/)
    expect(simulator.requests.map(({ path }) => path.split('/').at(-1))).toEqual(expected)
    expect(simulator.requests[0]?.body).toEqual({ env: 'sandbox' })
  })

  it('fails with the second 404 when neither call is there', async () => {
    const { management, place, strava, simulator } = await start({
      failures: [{ type: 'status', status: 404, times: 9 }],
    })
    const error = await failureOf(management.createTeamToken(place.org, strava.team_id, 'sandbox/us'))
    expect(error.code).toBe('not_found')
    expect(simulator.requests).toHaveLength(2)
  })
})

describe('an answer', () => {
  it('may have unknown fields and members', async () => {
    const { management, place, strava, simulator } = await start({ strangeAnswers: true })
    const { id } = await management.setCredentials(place, strava)
    simulator.store.set('sandbox/us', { ...strava, provider: 'made_up_provider' })
    expect(await management.listCredentials(place)).toMatchObject([{ id }, { source: 'made_up_provider' }])
    const of = { team_id: strava.team_id, provider: 'fitbit' }
    expect(await management.prepare(place, of)).toMatchObject({
      status: 'made_up_status',
      preparation_steps: [{ type: 'made_up_type' }, {}, {}],
    })
    await expect(management.team(place.org, strava.team_id)).resolves.toMatchObject({ region: 'us' })
    await expect(management.deleteCredentials(place, [id])).resolves.toMatchObject({ success: [id] })
  })

  it.each([
    ['source', 'set', '"source" is missing', true],
    ['created_at', 'list', '"credentials[0].created_at" is missing', false],
    ['credentials', 'list', '"credentials" is missing', false],
    ['status', 'prepare', '"status" is missing', false],
    ['value', 'prepare', '"preparation_steps[0].value" is missing', false],
    ['not_found', 'delete', '"not_found" is missing', true],
    ['region', 'team', '"region" is missing', false],
    ['access_token', 'token', '"access_token" is missing', true],
  ] as const)(
    'without %s to "%s" is an error that names it',
    async (field, call, message, mayHaveTakenEffect) => {
      const { management, place, strava, simulator } = await start()
      simulator.store.set('sandbox/us', strava)
      simulator.set({ missingField: field })
      const calls = {
        set: () => management.setCredentials(place, strava),
        list: () => management.listCredentials(place),
        prepare: () => management.prepare(place, { team_id: strava.team_id, provider: 'fitbit' }),
        delete: () => management.deleteCredentials(place, ['44444444-4444-4444-8444-444444444444']),
        team: () => management.team(place.org, strava.team_id),
        token: () => management.createTeamToken(place.org, strava.team_id, 'sandbox/us'),
      }
      const error = await failureOf(calls[call]())
      expect(error).toMatchObject({ code: 'unexpected_answer', mayHaveTakenEffect, status: 200 })
      expect(error.requestId).toMatch(/^made-up-request-/)
      expect(error.message).toContain(`${message} in Junction's answer`)
    },
  )

  it.each(['client_id', 'details', 'app_url', 'next_cursor', 'redirect_url_override'])(
    'may lack %s',
    async (missingField) => {
      const { management, place, strava } = await start({ missingField })
      await management.setCredentials(place, strava)
      expect(await management.listCredentials(place)).toHaveLength(1)
    },
  )

  it.each([
    ['[]', 'the body is not an object'],
    ['null', 'the body is not an object'],
    ['{"credentials": {}}', '"credentials" is not an array'],
    ['{"credentials": [{"id": 5}]}', '"credentials[0].id" is not a string'],
  ])('%s is not a list', async (body, expected) => {
    const { management, place } = await start({ failures: [{ type: 'malformed', body }] })
    expect((await failureOf(management.listCredentials(place))).message).toContain(expected)
  })
})
