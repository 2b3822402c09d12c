import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { WebSocket } from 'undici'
import { expect, test } from 'vitest'
import { createRandom, type Random } from './fuzz/random.ts'
import { limitMemory } from './memory-limit.ts'
import { nodes } from './nodes.ts'
import { type ServedBundle, serveBundle } from './serve-bundle.ts'

const seed = 20_260_801

/** Printable bytes, so many that no two requests are alike. */
const noise = (() => {
  const random = createRandom(seed)
  const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%-._~+/=&?:;,'
  return Array.from({ length: 100_000 }, () => random.pick([...alphabet])).join('')
})()

function createRequest(random: Random): string {
  const text = (length: number) => {
    const start = random.integer(noise.length - length)
    return noise.slice(start, start + length)
  }
  const lot = random.integer(100)
  if (lot < 60) {
    const slug = random.pick(['strava', 'oura', 'whoop_v2', `unknown_${random.integer(1_000_000)}`])
    const query = `code=${text(40)}&state=${text(300)}`
    return `GET /oauth_callback/${slug}?${query} HTTP/1.1\r\nHost: h\r\nUser-Agent: ${text(60)}\r\nAccept: text/html\r\n\r\n`
  }
  if (lot < 65) return `GET /oauth_callback/strava?${text(random.integer(8000))} HTTP/1.1\r\nHost: h\r\n\r\n`
  if (lot < 75) return `GET /${text(20)} HTTP/1.1\r\nHost: ${random.integer(1_000_000)}\r\n\r\n`
  if (lot < 80)
    return `POST /oauth_callback/strava?${text(50)} HTTP/1.1\r\nHost: h\r\nContent-Length: 300\r\n\r\n${text(300)}`
  if (lot < 85) return `HEAD /oauth_callback/strava?${text(50)} HTTP/1.1\r\nHost: h\r\n\r\n`
  if (lot < 90) return 'GET /health HTTP/1.1\r\nHost: h\r\n\r\n'
  if (lot < 95)
    return `GET /oauth_callback/%73?${text(90)} HTTP/1.1\r\nHost: h\r\nX-${random.integer(1_000_000)}: y\r\n\r\n`
  return 'DELETE /oauth_callback/oura HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'
}

/** Sends requests over connections that come and go, some of them rudely; waits for every answer. */
async function load(port: number, random: Random, requests: number): Promise<void> {
  let left = requests
  const talk = async () => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    let missing = 0
    let wake = () => {}
    socket.on('data', (chunk) => {
      for (let at = chunk.indexOf('HTTP/1.1 '); at !== -1; at = chunk.indexOf('HTTP/1.1 ', at + 9))
        missing -= 1
      if (missing === 0) wake()
    })
    const closed = once(socket, 'close').then(() => {
      throw new Error('the server closed a connection')
    })
    closed.catch(() => undefined)
    for (let batches = 1 + random.integer(30); batches > 0 && left > 0; batches -= 1) {
      missing = 1 + random.integer(16)
      left -= missing
      const answered = new Promise<void>((resolve) => {
        wake = resolve
      })
      socket.write(Array.from({ length: missing }, () => createRequest(random)).join(''), 'latin1')
      await Promise.race([answered, closed])
    }
    const lot = random.integer(10)
    if (lot < 6) socket.end()
    else if (lot < 8) socket.resetAndDestroy()
    else if (lot < 9) socket.end('FROB / HTTP/1.1\r\n\r\n')
    else socket.write('GET /half', () => socket.destroy())
  }
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (left > 0) await talk()
    }),
  )
}

/** Bytes in use. */
interface Usage {
  /** Objects that are reachable. */
  readonly heap: number
  /** Buffers and the like, outside the heap. */
  readonly external: number
  /** Of the process, garbage and all. */
  readonly resident: number
}

/** Collects garbage through the inspector, and tells what is left; production has no such door. */
async function openInspector(
  bundle: ServedBundle,
): Promise<{ measure(): Promise<Usage>; close(): Promise<unknown> }> {
  const [url = ''] = /ws:\/\/\S+/.exec(bundle.stderr()) ?? []
  const inspector = new WebSocket(url)
  await once(inspector as never, 'open')
  let number = 0
  const call = async (method: string): Promise<Record<string, number>> => {
    const id = ++number
    inspector.send(JSON.stringify({ id, method }))
    for (;;) {
      const [event] = await once(inspector as never, 'message')
      const answer = JSON.parse(event.data)
      if (answer.id === id) return answer.result
    }
  }
  const measure = async () => {
    const before = await metricsOf(bundle)
    await call('HeapProfiler.collectGarbage')
    await call('HeapProfiler.collectGarbage')
    const { usedSize = Number.NaN } = await call('Runtime.getHeapUsage')
    const { external } = await metricsOf(bundle)
    return { heap: usedSize, external, resident: before.resident }
  }
  const close = () => {
    const closed = once(inspector as never, 'close')
    inspector.close()
    return closed
  }
  return { measure, close }
}

async function metricsOf({ metrics = '' }: ServedBundle): Promise<{ external: number; resident: number }> {
  const text = await (await fetch(metrics)).text()
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  return { external: value('nodejs_external_memory_bytes'), resident: value('process_resident_memory_bytes') }
}

const kilobyte = 1024

// V8 collects garbage when it likes to, so what is left after a collection is looked at: a leak of four bytes per
// request would show. With the access log and metrics on, as in production.
test.each([...new Set([nodes[0], nodes.at(-1)])])(
  '200,000 requests leave nothing in memory, on Node $version',
  { timeout: 300_000 },
  async (node) => {
    const options = ['--environment', 'production/us', '--metrics-port', '0']
    let lines = 0
    const bundle = await serveBundle(node?.path ?? '', options, () => lines++, ['--inspect=127.0.0.1:0'])
    const inspector = await openInspector(bundle)
    const random = createRandom(seed)
    // Until then caches fill and functions are compiled.
    await load(bundle.port, random, 50_000)
    const usages = [await inspector.measure()]
    for (let round = 0; round < 4; round += 1) {
      await load(bundle.port, random, 50_000)
      usages.push(await inspector.measure())
    }
    const shown = usages.map(({ heap, external, resident }) =>
      [heap, external, resident].map((bytes) => Math.round(bytes / kilobyte)).join(' / '),
    )
    console.log(`kB of heap / external / resident, every 50,000 requests: ${shown.join(', ')}`)

    const least = (kind: keyof Usage, from: number, to?: number) =>
      Math.min(...usages.slice(from, to).map((usage) => usage[kind]))
    const growth = (kind: keyof Usage) => least(kind, -2) - least(kind, 0, 2)
    expect(growth('heap')).toBeLessThan(600 * kilobyte)
    expect(growth('external')).toBeLessThan(300 * kilobyte)
    expect(growth('resident')).toBeLessThan(64 * 1024 * kilobyte)
    expect(lines).toBeGreaterThan(200_000)
    // A process does not end while somebody inspects it.
    await inspector.close()
    expect(await bundle.stop()).toBe(0)
  },
)

// As the image starts it, in less memory than the limit that the Kubernetes export sets.
test('it serves under load within 96 MB', { timeout: 300_000 }, async () => {
  const dockerfile = readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8')
  const [entrypoint = ''] = /(?<=^ENTRYPOINT )\[.*\]$/m.exec(dockerfile) ?? []
  const flags = (JSON.parse(entrypoint) as string[]).slice(1, -1)
  expect(flags).not.toEqual([])
  const limit = 96 * 1024 * kilobyte
  const memory = limitMemory(limit)
  const bundle = await serveBundle('sh', ['--environment', 'production/us'], undefined, [
    '-c',
    'echo $$ >"$0" && exec "$@"',
    memory.joinFile,
    nodes.at(-1)?.path ?? '',
    ...flags,
  ])
  const random = createRandom(seed)
  let most = 0
  for (let round = 0; round < 4; round += 1) {
    await load(bundle.port, random, 50_000)
    most = Math.max(most, memory.usage())
  }
  console.log(`${Math.round(most / kilobyte / 1024)} MB within ${limit / kilobyte / 1024} MB`)
  expect(bundle.ended()).toBe(undefined)
  expect(await bundle.stop()).toBe(0)
  memory.remove()
})
