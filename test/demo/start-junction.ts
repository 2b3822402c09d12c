import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import type { Combination } from '../../src/junction/environments.ts'
import { type DoubleOptions, startJunction } from '../world.ts'

/** What a call gave. */
export interface Called {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests compare it
  readonly body: any
}

/** Junction, and a way to call its link API with the key of an environment and region. */
export async function startLinkApi(options: DoubleOptions = {}) {
  const junction = await startJunction(options)
  onTestFinished(() => junction.close())
  const call = async (
    method: string,
    path: string,
    {
      body,
      combination = 'sandbox/us',
      headers = { 'x-vital-api-key': junction.apiKeys[combination] },
    }: { body?: unknown; combination?: Combination; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Called> => {
    const response = await fetch(`${junction.url}/${combination}/v2/${path}`, {
      method,
      headers,
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json() }
  }
  /** A user of the sandbox in the US. */
  const createUser = async (): Promise<string> =>
    (await call('POST', 'user', { body: { client_user_id: randomUUID() } })).body.user_id
  const createLinkToken = async (of: object = {}): Promise<string> =>
    (await call('POST', 'link/token', { body: { user_id: await createUser(), ...of } })).body.link_token
  /** Asks for a link with this token, and no key. */
  const oauthLink = (provider: string, token?: string, combination: Combination = 'sandbox/us') =>
    call('GET', `link/provider/oauth/${provider}`, {
      combination,
      headers: token === undefined ? {} : { 'x-vital-link-token': token },
    })
  return { junction, call, createUser, createLinkToken, oauthLink }
}
