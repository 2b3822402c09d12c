import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { type LoopOptions, startLoop as startOAuthLoop } from '../../src/demo/loop.ts'
import type { Combination } from '../../src/junction/environments.ts'
import { app } from './walk.ts'

/** The whole loop, and what an app does with it. */
export async function startLoop(options: LoopOptions = {}) {
  const simulator = await startOAuthLoop(options)
  onTestFinished(() => simulator.close())
  const { junction } = simulator
  const call = async (combination: Combination, method: string, path: string, body?: object) => {
    const headers = { 'x-vital-api-key': junction.apiKeys[combination] }
    const response = await fetch(`${junction.url}/${combination}/v2/${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    })
    // biome-ignore lint/suspicious/noExplicitAny: tests compare it
    return (await response.json()) as any
  }
  /** A new user, with a link to a provider. */
  const createLink = async ({
    combination = 'sandbox/us' as Combination,
    provider = 'whoop_v2',
    redirect_url = app as string | null,
  } = {}) => {
    const { user_id } = await call(combination, 'POST', 'user', { client_user_id: randomUUID() })
    const { link_token } = await call(combination, 'POST', 'link/token', { user_id, redirect_url })
    const answer = await fetch(`${junction.url}/${combination}/v2/link/provider/oauth/${provider}`, {
      headers: { 'x-vital-link-token': link_token },
    })
    const { oauth_url } = (await answer.json()) as { oauth_url: string }
    return { user_id: user_id as string, link_token: link_token as string, oauth_url, combination }
  }
  const connections = async (user_id: string, combination: Combination = 'sandbox/us') =>
    (await call(combination, 'GET', `user/providers/${user_id}`)).providers
  return { simulator, call, createLink, connections }
}
