import { setMaxListeners } from 'node:events'
import { createHttp } from '../junction/http.ts'
import { createBackend } from './backend.ts'
import { timeout } from './examine.ts'
import { startLoop } from './loop.ts'
import { startPageServer } from './page-server.ts'
import type { LoopbackServer } from './server.ts'
import { demoEnvironments, demoVariables } from './shell.ts'

/** A running demo. */
export type Demo = Awaited<ReturnType<typeof startDemo>>

/**
 * Starts the loop and its page, on a free port when it is 0; `byoo` is how byoo was started, for the commands that the
 * page shows. Rejects with Node's error when the port cannot be had.
 */
export async function startDemo({ port, byoo = 'byoo' }: { port: number; byoo?: string }) {
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
  return {
    /** Of the page. */
    url: page.url,
    loop,
    /** Environment variables with which every command talks to the demo, by environment. */
    variables: Object.fromEntries(
      demoEnvironments.map((environment) => [environment, demoVariables(loop, environment)]),
    ),
    close: async () => {
      stop.abort()
      await Promise.all([page.close(), loop.close(), http.close()])
    },
  }
}
