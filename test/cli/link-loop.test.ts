import { expect, test } from 'vitest'
import type { ScenarioName } from '../../src/demo/scenarios.ts'
import { walk } from '../demo/walk.ts'
import { emptyFolder, spawnByoo } from '../run.ts'
import { startLoop } from '../world.ts'

/** Links WHOOP with the whole loop behind it, and consents in a browser's stead. */
async function connect(scenario?: ScenarioName) {
  const { simulator } = await startLoop()
  const { junction } = simulator
  simulator.play(scenario)
  const folder = emptyFolder()
  const byoo = spawnByoo(['link', 'whoop_v2', '--wait'], {
    directory: folder,
    env: {
      HOME: folder,
      JUNCTION_MANAGEMENT_KEY: junction.keys.organisation,
      BYOO_MANAGEMENT_URL: junction.url,
      BYOO_API_URL: junction.apiUrl,
      BYOO_ORG: junction.org,
      BYOO_TEAM: junction.teams.eu.id,
      BYOO_ENVIRONMENT: 'production/eu',
    },
  })
  const url = await byoo.printed('/authorize?')
  const steps = await walk(url)
  const code = await byoo.exited
  return { code, steps, stdout: byoo.stdout(), left: junction.users['production/eu'] }
}

test('a consent in the browser ends --wait', { timeout: 60_000 }, async () => {
  const { code, steps, stdout, left } = await connect()
  expect(steps.at(-1)?.status).toBe(200)
  expect(stdout).toContain(
    'client id     made-up-client-production-eu-whoop_v2 (the one that Junction holds)',
  )
  expect(stdout).toContain('Connected. The code was exchanged')
  expect([code, left]).toEqual([0, []])
})

test('a wrong client secret shows only here, and is explained', { timeout: 60_000 }, async () => {
  const { code, stdout, left } = await connect('wrong_secret')
  expect(stdout).not.toContain('FAILED')
  expect(stdout).toContain('error          provider_credential_error\n')
  expect(stdout).toContain('invalid_client')
  expect([code, left]).toEqual([7, []])
})
