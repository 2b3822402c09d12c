import { randomUUID } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startJunction } from '../../world.ts'

async function start() {
  const simulator = await startJunction()
  onTestFinished(() => simulator.close())
  const { url, org, keys } = simulator
  /** A request with the header and value of a key, the organisation's unless told otherwise. */
  const ask = (
    method: string,
    path: string,
    { body, headers = { 'X-Management-Key': keys.organisation } }: { body?: unknown; headers?: object } = {},
  ) =>
    fetch(`${url}${path}`, {
      method,
      headers: { ...headers },
      redirect: 'manual',
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const store = `/v1/org/${org}/team_custom_credentials/sandbox/us`
  const strava = { team_id: simulator.teams.us.id, provider: 'strava', client_secret: 'made-up-secret' }
  return { simulator, ask, store, strava }
}

describe('keys', () => {
  test.each([
    ['X-Management-Key', 'organisation', 200],
    ['X-Management-Key', 'team', 200],
    ['X-Management-Key', 'sk_us_made-up', 401],
    ['Authorization', 'organisation', 401],
  ])('%s: %s is answered with %i', async (header, name, status) => {
    const { simulator, ask, store } = await start()
    const key = (simulator.keys as Record<string, string>)[name] ?? name
    const { status: answered } = await ask('GET', store, { headers: { [header]: key } })
    expect(answered).toBe(status)
  })

  test('of a team may not touch another', async () => {
    const { simulator, ask, store, strava } = await start()
    const headers = { 'X-Management-Key': simulator.keys.team }
    const other = { ...strava, team_id: simulator.teams.eu.id }
    expect((await ask('POST', store, { body: other })).status).toBe(200)
    expect((await ask('POST', store, { body: other, headers })).status).toBe(403)
    const [record] = simulator.store.records['sandbox/us']
    const deleted = await ask('DELETE', `${store}?credential_id=${record?.id}`, { headers })
    expect(await deleted.json()).toMatchObject({ success: [], not_found: [record?.id] })
    const team = `/v1/org/${simulator.org}/team/${simulator.teams.eu.id}`
    expect((await ask('GET', team, { headers })).status).toBe(403)
  })
})

test('a list has the records of every team that the key opens, two in one region included', async () => {
  const { simulator, ask, store, strava } = await start()
  const teams = [simulator.teams.us.id, simulator.teams.otherUs.id]
  for (const team_id of teams) await ask('POST', store, { body: { ...strava, team_id } })
  const listed = async (name: 'organisation' | 'team', query = '') => {
    const headers = { 'X-Management-Key': simulator.keys[name] }
    const answer = await ask('GET', store + query, { headers })
    if (answer.status !== 200) return answer.status
    return ((await answer.json()) as { credentials: { team_id: string }[] }).credentials.map(
      (one) => one.team_id,
    )
  }
  expect(await listed('organisation')).toEqual(teams)
  expect(await listed('organisation', `?team_id=${teams[1]}`)).toEqual([teams[1]])
  expect(await listed('team')).toEqual([teams[0]])
  expect(await listed('team', `?team_id=${teams[1]}`)).toBe(403)
})

test.each([
  ['GET', '/'],
  ['PUT', '/v1/org/{org}/team_custom_credentials/sandbox/us'],
  ['GET', '/v1/org/{org}/team_custom_credentials/sandbox'],
  ['POST', '/v1/org/{org}/team/{team}/create_something'],
])('%s %s is not played', async (method, path) => {
  const { simulator, ask } = await start()
  const filled = path.replace('{org}', simulator.org).replace('{team}', simulator.teams.us.id)
  const answer = await ask(method, filled)
  expect([answer.status, await answer.json()]).toEqual([501, { detail: 'the demo does not play this' }])
})

test('another organisation is not allowed', async () => {
  const { ask } = await start()
  const { status } = await ask('GET', `/v1/org/${randomUUID()}/team_custom_credentials/sandbox/us`)
  expect(status).toBe(403)
})

describe('the store', () => {
  test('keeps a hash of the secret, the same for the same secret', async () => {
    const { simulator, ask, store, strava } = await start()
    const hashes: unknown[] = []
    for (const client_secret of ['made-up-secret', 'made-up-secret', 'made-up-other']) {
      const answer = await ask('POST', store, { body: { ...strava, client_secret } })
      hashes.push(((await answer.json()) as { client_secret_hash: unknown }).client_secret_hash)
    }
    expect(hashes[0]).toBe(simulator.store.hash('made-up-secret'))
    expect(hashes[1]).toBe(hashes[0])
    expect(hashes[2]).not.toBe(hashes[0])
    expect(JSON.stringify(simulator.store.records['sandbox/us'])).not.toContain('made-up-secret')
  })

  test('clears what is null, whatever becomes of what is left out', async () => {
    const { ask, store, strava } = await start()
    await ask('POST', store, { body: { ...strava, client_id: '1' } })
    const answer = await ask('POST', store, { body: { ...strava, client_id: null } })
    expect(await answer.json()).toMatchObject({ client_id: null })
  })
})

test('a body that is no JSON is refused', async () => {
  const { simulator, ask, store } = await start()
  expect((await ask('POST', store, { body: '{"team_id":' })).status).toBe(422)
  expect(simulator.requests[0]?.body).toBe('{"team_id":')
})
