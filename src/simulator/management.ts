import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Region } from '../junction/environments.ts'
import { answerCall, disguise, readCall, type SimulatedTeam, type World } from './management-answers.ts'
import { ManagementStore } from './management-store.ts'
import { errorBody, type Failure, type ManagementOperation, noSwitches, type Switches } from './switches.ts'

/** A request as it arrived, and what it was answered. */
export interface RecordedRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** A key's value is replaced by the name of the key it is, `organisation` or `team`, or by `unknown`. */
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON; the text when it is none; undefined when there was no body. */
  readonly body: unknown
  readonly operation: ManagementOperation | undefined
  /** Undefined as long as there is none, or when the connection was cut off. */
  answer: { readonly status: number; readonly body: string } | undefined
}

/** Where the simulator starts from. */
export interface ManagementSimulatorOptions {
  readonly switches?: Partial<Switches>
  /** 0, the default, picks a free port. */
  readonly port?: number
}

/** Junction's management API on loopback. */
export interface ManagementSimulator extends World {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** In order of arrival. */
  readonly requests: RecordedRequest[]
  /** Changes switches; those not named stay as they are. */
  set(switches: Partial<Switches>): void
  /** Resolves as soon as the request with this number, counted from 1, has arrived. */
  arrival(number: number): Promise<RecordedRequest>
  close(): Promise<void>
}

const keyHeaders = ['x-management-key', 'x-vital-org-key']
/** Bytes of the body of the failure `too_large`. */
const tooMuch = 8 * 1024 * 1024

/** Starts the simulator; it listens on loopback only. */
export async function startManagementSimulator(
  options: ManagementSimulatorOptions = {},
): Promise<ManagementSimulator> {
  const world = makeWorld()
  const requests: RecordedRequest[] = []
  const waiting: { number: number; arrived: (request: RecordedRequest) => void }[] = []
  let switches: Switches = { ...noSwitches, ...options.switches }
  let timesLeft = new Map<Failure, number>()

  const nextFailure = (operation: ManagementOperation | undefined): Failure | undefined => {
    const failure = switches.failures.find((one) => {
      const concerned = one.operation === undefined || one.operation === operation
      return concerned && (timesLeft.get(one) ?? one.times ?? 1) > 0
    })
    if (failure) timesLeft.set(failure, (timesLeft.get(failure) ?? failure.times ?? 1) - 1)
    return failure
  }

  const record = (request: IncomingMessage, body: unknown): RecordedRequest => {
    const { method = '', url: path = '' } = request
    const headers = shownHeaders(request, world.keys)
    const operation = readCall(method, path)?.operation
    const recorded = { method, path, headers, body, operation, answer: undefined }
    requests.push(recorded)
    for (const { number, arrived } of waiting) if (number === requests.length) arrived(recorded)
    return recorded
  }

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request)
    const recorded = record(request, body)
    const requestId = `made-up-request-${requests.length}`
    const send = (status: number, text: string, headers: Record<string, string>) => {
      recorded.answer = { status, body: text }
      response.writeHead(status, {
        'content-length': Buffer.byteLength(text),
        'x-request-id': requestId,
        ...headers,
      })
      response.end(text)
    }
    const act = () => {
      const key = keyHeaders.map((name) => request.headers[name]).find((value) => value !== undefined)
      const call = readCall(recorded.method, recorded.path)
      const answer = answerCall(world, switches, call, key?.toString(), body)
      const shown = answer.status === 200 ? disguise(answer.body, switches) : answer.body
      return { status: answer.status, text: JSON.stringify(shown) }
    }
    const answer = ({ status, text }: { status: number; text: string }) =>
      send(status, text, { 'content-type': 'application/json' })

    const failure = nextFailure(recorded.operation)
    switch (failure?.type) {
      case undefined:
        return answer(act())
      case 'status': {
        if (failure.takesEffect) act()
        const { type, body: text } = errorBody(failure.shape ?? 'string', failure.text ?? 'made-up failure')
        return send(failure.status, text, {
          ...(type === undefined ? {} : { 'content-type': type }),
          ...(failure.retryAfter === undefined ? {} : { 'retry-after': failure.retryAfter }),
          ...(failure.location === undefined ? {} : { location: failure.location }),
        })
      }
      case 'reset':
        if (failure.takesEffect) act()
        request.socket.resetAndDestroy()
        return
      case 'cut_off': {
        const { text } = act()
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
        response.write(text.slice(0, text.length / 2), () => request.socket.destroy())
        return
      }
      case 'silence':
        if (failure.takesEffect) act()
        return
      case 'slow':
        await pause(failure.milliseconds)
        return answer(act())
      case 'malformed':
        act()
        return answer({ status: 200, text: failure.body ?? '{"credentials": [' })
      case 'too_large':
        act()
        return answer({ status: 200, text: JSON.stringify('x'.repeat(tooMuch)) })
    }
  }

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    ...world,
    url: `http://127.0.0.1:${port}`,
    requests,
    set: (changed) => {
      switches = { ...switches, ...changed }
      if (changed.failures) timesLeft = new Map()
    },
    arrival: (number) =>
      new Promise((arrived) => {
        const there = requests[number - 1]
        if (there) arrived(there)
        else waiting.push({ number, arrived })
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function makeWorld(): World {
  const team = (region: Region): SimulatedTeam => ({
    id: randomUUID(),
    name: `Made-up team in ${region}`,
    created_on: new Date().toISOString(),
    region,
    environments: ['sandbox', 'production'],
  })
  return {
    org: randomUUID(),
    teams: { us: team('us'), eu: team('eu') },
    keys: {
      organisation: `mg_made-up-organisation-key-${randomUUID()}`,
      team: `mg_made-up-team-key-${randomUUID()}`,
    },
    store: new ManagementStore(),
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function shownHeaders(request: IncomingMessage, keys: World['keys']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => {
      const text = String(value)
      if (!keyHeaders.includes(name)) return [name, text]
      const known = Object.entries(keys).find(([, key]) => key === text)
      return [name, known?.[0] ?? 'unknown']
    }),
  )
}
