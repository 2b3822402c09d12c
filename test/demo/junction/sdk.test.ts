import { JunctionClient } from '@junction-api/sdk'
import { expect, onTestFinished, test } from 'vitest'
import { startJunction } from '../../../src/demo/junction/junction.ts'

/** Junction's own client for Node.js, in the sandbox in the US of a simulated Junction. */
async function start() {
  const junction = await startJunction()
  onTestFinished(() => junction.close())
  const client = new JunctionClient({
    apiKey: junction.apiKeys['sandbox/us'],
    baseUrl: `${junction.url}/sandbox/us`,
    maxRetries: 0,
  })
  return { junction, client }
}

test("Junction's SDK makes a user, a link token and a link", async () => {
  const { client } = await start()
  const { userId } = await client.user.create({ clientUserId: 'made-up-user' })
  const { linkToken, linkWebUrl } = await client.link.token({
    userId,
    provider: 'oura',
    redirectUrl: 'https://app.example.com/connected',
  })
  expect(linkWebUrl).toContain(linkToken)
  const link = await client.link.generateOauthLink({ oauthProvider: 'oura', vitalLinkToken: linkToken })
  expect(new URL(link.oauthUrl ?? '').searchParams.get('state')).toBe(linkToken)
})

test("Junction's SDK reads users, their connections and the providers", async () => {
  const { client } = await start()
  const { userId } = await client.user.create({ clientUserId: 'made-up-user' })
  expect(await client.user.get({ userId })).toMatchObject({ userId, clientUserId: 'made-up-user' })
  expect(await client.user.getByClientUserId({ clientUserId: 'made-up-user' })).toMatchObject({ userId })
  expect(await client.user.getConnectedProviders({ userId })).toEqual({ providers: [] })
  expect((await client.providers.getAll()).map(({ slug }) => slug)).toContain('whoop_v2')
  expect(await client.user.delete({ userId })).toEqual({ success: true })
  await expect(client.user.get({ userId })).rejects.toMatchObject({ statusCode: 404 })
})
