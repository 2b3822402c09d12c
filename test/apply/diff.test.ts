import { expect, test } from 'vitest'
import { diffStore } from '../../src/apply/diff.ts'
import type { Credential } from '../../src/junction/management.ts'

const record = (team_id: string, source: string): Credential => ({
  id: `${team_id} ${source}`,
  source,
  team_id,
  client_id: 'made-up',
  client_secret_hash: 'made-up-hash',
  created_at: '2026-11-20T12:00:00.000Z',
  updated_at: '2026-11-20T12:00:00.000Z',
  details: undefined,
  redirect_url_override: undefined,
})

test('records of another team are none of byoo.yaml, although Junction lists them beside', () => {
  const records = [record('ours', 'strava'), record('theirs', 'oura'), record('ours', 'made_up_lab')]
  const store = { environment: 'sandbox/us', team: 'ours', records } as const
  const { diffs, others } = diffStore(store, [], () => undefined, [])
  expect(diffs.map(({ kind, provider }) => [kind, provider])).toEqual([['not in the file', 'strava']])
  expect(others).toBe(2)
})
