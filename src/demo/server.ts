import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Answer } from './answer.ts'
import { errorBody, type Failure } from './fault-injection.ts'

/** A request as a service sees it. */
export interface ReceivedRequest {
  readonly method: string
  /** The request target, exactly as it arrived. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  /** Parsed JSON; the text when it is none; undefined when there was no body. */
  readonly body: unknown
  readonly text: string
}

/** A request as it arrived, and what it was answered. */
export interface RecordedRequest<Operation extends string = string> {
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** A key's value is replaced by the name of the key it is, or by `unknown`. */
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON; the text when it is none; undefined when there was no body. */
  readonly body: unknown
  readonly operation: Operation | undefined
  /** Undefined as long as there is none, or when the connection was cut off. */
  answer: { readonly status: number; readonly body: string } | undefined
}

/** What a server answers with when nothing goes wrong. */
export interface Service<Operation extends string> {
  /** Which call of the service a request is. */
  operation(method: string, target: string): Operation | undefined
  answer(request: ReceivedRequest): Answer | Promise<Answer>
  /** What is recorded of a header's value. */
  shownHeader(name: string, value: string): string
  /** Told of every request; what it returns is told of the answer, before that is sent. */
  follow?(request: ReceivedRequest): (answer: Answer) => void
}

/** A server on loopback that records what it is asked and fails when told to. */
export interface SimulatedServer<Operation extends string> {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** In order of arrival. */
  readonly requests: RecordedRequest<Operation>[]
  /** Replaces what goes wrong from now on. */
  fail(failures: readonly Failure[]): void
  /** Resolves as soon as the request with this number, counted from 1, has arrived. */
  arrival(number: number): Promise<RecordedRequest<Operation>>
  close(): Promise<void>
}

/** Bytes of the body of the failure `too_large`. */
const tooMuch = 8 * 1024 * 1024

/** Starts a server; the service is made once its URL is known. Port 0 picks a free one. */
export async function startServer<Operation extends string>(
  makeService: (url: string) => Service<Operation>,
  port = 0,
): Promise<SimulatedServer<Operation>> {
  const requests: RecordedRequest<Operation>[] = []
  const waiting: { number: number; arrived: (request: RecordedRequest<Operation>) => void }[] = []
  let failures: readonly Failure[] = []
  let timesLeft = new Map<Failure, number>()

  const nextFailure = (operation: Operation | undefined): Failure | undefined => {
    const failure = failures.find((one) => {
      const concerned = one.operation === undefined || one.operation === operation
      return concerned && (timesLeft.get(one) ?? one.times ?? 1) > 0
    })
    if (failure) timesLeft.set(failure, (timesLeft.get(failure) ?? failure.times ?? 1) - 1)
    return failure
  }

  const record = ({ method, target, headers, body }: ReceivedRequest): RecordedRequest<Operation> => {
    const shown = Object.entries(headers).map(([name, value]) => [
      name,
      service.shownHeader(name, String(value)),
    ])
    const recorded: RecordedRequest<Operation> = {
      method,
      path: target,
      headers: Object.fromEntries(shown),
      body,
      operation: service.operation(method, target),
      answer: undefined,
    }
    requests.push(recorded)
    for (const { number, arrived } of waiting) if (number === requests.length) arrived(recorded)
    return recorded
  }

  const respond = async (message: IncomingMessage, response: ServerResponse) => {
    const request = await receive(message)
    const recorded = record(request)
    const requestId = `made-up-request-${requests.length}`
    const followed = service.follow?.(request)
    const send = (
      status: number,
      text: string,
      headers: Readonly<Record<string, string>>,
      given?: Answer,
    ) => {
      followed?.(given ?? { status, headers })
      recorded.answer = { status, body: text }
      response.writeHead(status, {
        'content-length': Buffer.byteLength(text),
        'x-request-id': requestId,
        ...headers,
      })
      response.end(text)
    }
    const act = async () => asText(await service.answer(request))
    const answer = ({ given, text, headers }: ReturnType<typeof asText>) =>
      send(given.status, text, headers, given)
    const answerJson = (text: string) => send(200, text, { 'content-type': 'application/json' })

    const failure = nextFailure(recorded.operation)
    switch (failure?.type) {
      case undefined:
        return answer(await act())
      case 'status': {
        if (failure.takesEffect) await act()
        const { type, body: text } = errorBody(failure.shape ?? 'string', failure.text ?? 'made-up failure')
        return send(failure.status, text, {
          ...(type === undefined ? {} : { 'content-type': type }),
          ...(failure.retryAfter === undefined ? {} : { 'retry-after': failure.retryAfter }),
          ...(failure.location === undefined ? {} : { location: failure.location }),
        })
      }
      case 'reset':
        if (failure.takesEffect) await act()
        message.socket.resetAndDestroy()
        return
      case 'cut_off': {
        const { text } = await act()
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
        response.write(text.slice(0, text.length / 2), () => message.socket.destroy())
        return
      }
      case 'silence':
        if (failure.takesEffect) await act()
        return
      case 'slow':
        await pause(failure.milliseconds)
        return answer(await act())
      case 'malformed':
        await act()
        return answerJson(failure.body ?? '{"credentials": [')
      case 'too_large':
        await act()
        return answerJson(JSON.stringify('x'.repeat(tooMuch)))
    }
  }

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const service = makeService(url)
  return {
    url,
    requests,
    fail: (changed) => {
      failures = changed
      timesLeft = new Map()
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

async function receive(message: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  const { method = '', url: target = '', headers } = message
  return { method, target, headers, body: text === '' ? undefined : parse(text), text }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function asText(given: Answer) {
  const { body, page, headers } = given
  const json = body === undefined ? '' : JSON.stringify(body)
  const type = page === undefined ? 'application/json' : 'text/html; charset=utf-8'
  return {
    given,
    text: page ?? json,
    headers: { ...(page === undefined && body === undefined ? {} : { 'content-type': type }), ...headers },
  }
}
