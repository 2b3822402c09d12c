import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

/** One parsed answer; header names as they were sent. */
export interface Answer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** Opens a socket; with `tls` a TLS one. */
export function open(port: number, tls?: ConnectionOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = tls
      ? connectTls({ host: '127.0.0.1', port, ...tls }, () => resolve(socket))
      : connectTcp({ host: '127.0.0.1', port }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Everything that arrives until the other side closes, as latin1. */
export function readToEnd(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      received += chunk
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(received))
  })
}

/** Sends bytes as they are (latin1) and returns everything that comes back until the server closes. */
export async function exchange(port: number, bytes: string, tls?: ConnectionOptions): Promise<string> {
  const socket = await open(port, tls)
  const received = readToEnd(socket)
  socket.write(bytes, 'latin1')
  return received
}

/** Cuts a stream of answers apart by their Content-Length; `bodiless` for answers to HEAD. */
export function parseAnswers(stream: string, { bodiless = false } = {}): Answer[] {
  const answers: Answer[] = []
  for (let rest = stream; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n')
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]
    if (end === -1 || !status) throw new Error(`not an HTTP answer: ${JSON.stringify(rest.slice(0, 100))}`)
    const headers = lines.map((line) => {
      const colon = line.indexOf(': ')
      return [line.slice(0, colon), line.slice(colon + 2)] as const
    })
    const length = bodiless ? 0 : Number(header({ headers }, 'content-length') ?? 0)
    answers.push({ status: Number(status), headers, body: rest.slice(end + 4, end + 4 + length) })
    rest = rest.slice(end + 4 + length)
  }
  return answers
}

/** The value of a header, whatever its case; undefined when it is missing. */
export function header(answer: Pick<Answer, 'headers'>, name: string): string | undefined {
  return answer.headers.find(([candidate]) => candidate.toLowerCase() === name)?.[1]
}

/** Sends one request whose connection the server closes, and returns the one answer. */
export async function ask(port: number, bytes: string, tls?: ConnectionOptions): Promise<Answer> {
  const answers = parseAnswers(await exchange(port, bytes, tls), { bodiless: bytes.startsWith('HEAD ') })
  if (answers.length !== 1) throw new Error(`expected one answer, got ${answers.length}`)
  return answers[0] as Answer
}
