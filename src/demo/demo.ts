import { setMaxListeners } from 'node:events'
import type { JunctionEnvironment } from '../junction/environments.ts'
import { createHttp } from '../junction/http.ts'
import { createBackend } from './backend.ts'
import { timeout } from './examine.ts'
import { type Loop, startLoop } from './loop.ts'
import { startPageServer } from './page-server.ts'
import type { LoopbackServer } from './server.ts'
import { demoEnvironments, demoVariables } from './shell.ts'

export interface DemoOptions {
  /** Of the page; 0 picks a free one. */
  readonly port: number
  /** How byoo was started, for the commands that the page shows; `byoo` unless given. */
  readonly byoo?: string
}

/** A running demo. */
export interface Demo {
  /** Of the page. */
  readonly url: string
  readonly loop: Loop
  /** Environment variables with which every command talks to the demo, by environment. */
  readonly variables: Readonly<Record<JunctionEnvironment, Readonly<Record<string, string>>>>
  close(): Promise<void>
}

/** Starts the loop and its page. Rejects with Node's error when the port cannot be had. */
export async function startDemo({ port, byoo = 'byoo' }: DemoOptions): Promise<Demo> {
  const loop = await startLoop(() => page.url)
  const stop = new AbortController()
  // Each request of each run of doctor listens to it.
  setMaxListeners(0, stop.signal)
  const http = createHttp({ env: {}, timeout, signal: stop.signal })
  const backend = createBackend({ loop, byoo, http, signal: stop.signal }, () => page.url)
  const page: LoopbackServer = await startPageServer(backend, port).catch(async (error: unknown) => {
    await loop.close()
    throw error
  })
  const variables = demoEnvironments.map((environment) => [environment, demoVariables(loop, environment)])
  return {
    url: page.url,
    loop,
    variables: Object.fromEntries(variables),
    close: async () => {
      stop.abort()
      await Promise.all([page.close(), loop.close(), http.close()])
    },
  }
}
