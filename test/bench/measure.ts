import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'

const target = 'https://api.us.junction.com/v2/link/connect/strava'
const query =
  '?state=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoiNWU5Yy00MTA3IiwicHJvdmlkZXIiOiJzdHJhdmEifQ' +
  '.q0Y7rV3kzXJm2s5cE8dLh1uPwTn4oBfGa6iQxKvRj9M&code=4%2F0AbUR2VMeHbXz7&scope=read,activity:read_all'
const path = '/oauth_callback/strava'

/** The request that every server is measured with, and the Location that it must answer. */
export const answer = { path: path + query, location: target + query }

const connections = 64

/** Sends one GET on a new raw socket and returns all bytes of the answer. */
export async function request(port: number, requestTarget = answer.path): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1').setTimeout(5000)
  let bytes = ''
  socket.on('data', (chunk: string) => {
    bytes += chunk
  })
  socket.on('timeout', () => socket.destroy(new Error('no answer within 5 s')))
  socket.write(`GET ${requestTarget} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`)
  await once(socket, 'end')
  return bytes
}

/** Throws unless the server forwards byte for byte and refuses a bad slug; a constant one need not read the URL. */
export async function checkAnswers(port: number, constant: boolean): Promise<void> {
  checkLocation(await request(port), answer.location)
  if (constant) return
  const odd = '?state=&code=a%2Fb+c%20d&&x=%zz&code=%E2%9c%93?'
  checkLocation(await request(port, path + odd), target + odd)
  const refusal = await request(port, `/oauth_callback/Strava${odd}`)
  if (!refusal.startsWith('HTTP/1.1 404 ')) throw new Error(`a bad slug is answered ${firstLine(refusal)}`)
}

function checkLocation(bytes: string, expected: string): void {
  const location = /\r\nlocation: (.*)\r\n/i.exec(bytes)?.[1]
  if (!bytes.startsWith('HTTP/1.1 307 ') || location !== expected) {
    throw new Error(`${firstLine(bytes)}, Location ${location} instead of ${expected}`)
  }
}

function firstLine(bytes: string): string {
  return bytes.slice(0, bytes.indexOf('\r\n'))
}

/** How many requests a load of this many seconds got answered, by wrk: 64 connections, or one for each request. */
export async function load(
  port: number,
  seconds: number,
  keepAlive: boolean,
  signal: AbortSignal,
  requestTarget = answer.path,
): Promise<number> {
  const header = keepAlive ? [] : ['-H', 'Connection: close']
  const url = `http://127.0.0.1:${port}${requestTarget}`
  const values = ['-t1', `-c${connections}`, `-d${seconds}`, '--timeout', '5', ...header, url]
  const { stdout } = await promisify(execFile)('wrk', values, { signal })
  const total = Number(/(\d+) requests in/.exec(stdout)?.[1])
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout) ?? []
  const failed = errors.slice(1).reduce((sum, count) => sum + Number(count), 0)
  // Apache closes a keep-alive connection now and then when its threads are busy: not an error.
  if (!(total > 0) || failed > total / 100 || stdout.includes('Non-2xx'))
    throw new Error(`wrk reports:\n${stdout}`)
  return total
}

/** Opens connections, has one request answered on each, and leaves them idle; returns what closes them. */
export async function openIdle(port: number, count: number): Promise<() => void> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const opened = Array.from({ length: 100 }, async () => {
      const socket = connect({ port, host: '127.0.0.1' })
      sockets.push(socket)
      socket.write(`GET ${answer.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
      await once(socket, 'data')
    })
    await Promise.all(opened)
  }
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}

/**
 * How long answers take at a fixed rate, sorted, in milliseconds. Open loop: requests are sent by the clock over 16
 * connections, answered or not, and timed from when each was due, so that a stall counts for every request that it
 * delays. The sender's own lateness is in the figures, the same for every server. `during` happens meanwhile.
 */
export async function latenciesAtRate(
  port: number,
  requestTarget: string,
  { perSecond, seconds, signal }: { perSecond: number; seconds: number; signal: AbortSignal },
  during: () => void = () => undefined,
): Promise<number[]> {
  const total = perSecond * seconds
  const interval = 1000 / perSecond
  const bytes = `GET ${requestTarget} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`
  const latencies: number[] = []
  const lanes = await Promise.all(Array.from({ length: 16 }, () => openLane(port, latencies)))
  try {
    const begun = performance.now()
    during()
    for (let sent = 0; latencies.length < total; ) {
      signal.throwIfAborted()
      const now = performance.now()
      if (now > begun + total * interval + 10_000 || lanes.some((lane) => lane.socket.closed)) {
        throw new Error(`${total - latencies.length} of ${total} requests at a fixed rate were not answered`)
      }
      for (; sent < total && begun + sent * interval <= now; sent += 1) {
        const lane = lanes[sent % lanes.length]
        lane?.due.push(begun + sent * interval)
        lane?.socket.write(bytes)
      }
      await setImmediate()
    }
  } finally {
    for (const lane of lanes) lane.socket.destroy()
  }
  return latencies.sort((left, right) => left - right)
}

async function openLane(port: number, latencies: number[]): Promise<{ socket: Socket; due: number[] }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1')
  await once(socket, 'connect')
  const due: number[] = []
  const start = 'HTTP/1.1 307 '
  let rest = ''
  socket.on('error', () => {})
  socket.on('data', (chunk: string) => {
    const now = performance.now()
    const answers = (rest + chunk).split(start)
    rest = answers.at(-1)?.slice(1 - start.length) ?? ''
    for (let count = 1; count < answers.length; count += 1) latencies.push(now - (due.shift() ?? Number.NaN))
  })
  return { socket, due }
}
