import { describe, expect, it } from 'vitest'
import { calls, failureOf, start } from './start.ts'

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
      const started = await start()
      started.simulator.store.set('sandbox/us', started.strava)
      started.simulator.set({ missingField: field })
      const error = await failureOf(calls[call](started))
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
