import { once } from 'node:events'
import { expect, test, vi } from 'vitest'
import { open, parseAnswers } from '../raw-http.ts'
import { readings, startForwarder, yaml } from './start-forwarder.ts'

const request = (query: string) => `GET /oauth_callback/strava?${query} HTTP/1.1\r\nHost: h\r\n\r\n`

test.each(readings)(
  'a client that never reads its answers is shown out; one that is merely idle is not, %s',
  async (_, reading) => {
    const forwarder = await startForwarder(yaml, { ...reading, headersTimeout: 100, requestTimeout: 100 })
    const idle = await open(forwarder.port)
    idle.write(request('first'))
    await once(idle, 'data')

    const deaf = await open(forwarder.port)
    deaf.on('error', () => undefined)
    deaf.pause()
    const questions = request('x'.repeat(4000)).repeat(50)
    // Asks until the server takes no more, since the answers to the earlier ones are stuck.
    while (deaf.write(questions) || (await Promise.race([once(deaf, 'drain'), pause(1500)])) !== stuck);
    expect(forwarder.openConnections()).toBe(2)
    await vi.waitFor(() => expect(forwarder.openConnections()).toBe(1), { timeout: 20_000 })

    idle.write(request('second'))
    const [bytes] = await once(idle, 'data')
    expect(parseAnswers(bytes.toString('latin1')).map(({ status }) => status)).toEqual([307])
    deaf.destroy()
    await forwarder.stop(1000)
  },
)

const stuck = Symbol('stuck')

function pause(milliseconds: number): Promise<typeof stuck> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, stuck))
}
