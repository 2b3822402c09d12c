import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type Answer, isRead, type Reading, readAnswer } from './answer.ts'
import { type CertificateFacts, certificateFacts, openSocket, type Peer } from './connect.ts'
import type { FindingId } from './findings.ts'
import type { WireRequest } from './request.ts'

interface FailureFacts {
  readonly note: string
  /** Problems of a certificate are findings themselves. */
  readonly finding?: FindingId
  /** Asking again is of no use. */
  readonly final?: true
  /** Something is there, even if what it sent was no answer. */
  readonly reached?: true
}

/** What each failure means. */
const known = {
  'not-http': { note: 'the answer is not HTTP', finding: 'not-http', reached: true },
  'http2-only': { note: 'the answer is HTTP/2', finding: 'http2-only', final: true, reached: true },
  unresolvable: { note: 'the name does not resolve', finding: 'unresolvable', final: true },
  'no-connection': { note: 'there is no connection', finding: 'no-connection', final: true },
  'no-answer': { note: 'no answer in time', finding: 'no-answer' },
  'connection-lost': { note: 'closed without an answer', finding: 'no-answer' },
  'tls-failed': { note: 'the TLS handshake failed', finding: 'tls-failed', final: true },
  certificate: { note: 'the certificate is not valid', final: true, reached: true },
} satisfies Record<string, FailureFacts>

/** Why there is no answer. */
export type Failure = keyof typeof known
export const failureFacts: Readonly<Record<Failure, FailureFacts>> = known

/** What became of one request. */
export interface Exchange {
  readonly answer?: Answer | undefined
  readonly failure?: Failure | undefined
  /** Node's or OpenSSL's own word for a failure. */
  readonly detail?: string | undefined
  /** The address that was talked to. */
  readonly address?: string | undefined
  readonly certificate?: CertificateFacts | undefined
  readonly tlsVersion?: string | undefined
}

/** Milliseconds for the body once the headers are there: browsers do not wait for it either. */
const bodyTimeout = 1000

/**
 * Sends one request on a connection of its own and reads the answer, within bounds of time and size whatever the other
 * side does; `timeout` is in milliseconds. Never follows a redirect, never rejects. Ends early when the signal aborts,
 * which callers look at.
 */
export function probe(
  peer: Peer,
  request: WireRequest,
  { timeout, signal }: { readonly timeout: number; readonly signal?: AbortSignal | undefined },
): Promise<Exchange> {
  return new Promise((resolve) => {
    let received = ''
    let reading: Reading = {}
    let facts: ReturnType<typeof describe> | undefined
    let bodyDeadline: NodeJS.Timeout | undefined

    const finish = (failure: Failure | undefined, detail?: string) => {
      clearTimeout(deadline)
      clearTimeout(bodyDeadline)
      signal?.removeEventListener('abort', abort)
      socket.destroy()
      const { answer, fault } = reading
      if (answer) resolve({ ...facts, answer })
      else resolve({ ...facts, failure: fault ?? failure ?? 'connection-lost', detail })
    }
    const abort = () => finish('connection-lost')
    const socket = openSocket(peer, request, (open) => {
      facts = describe(peer, open)
      const stops =
        facts.certificate !== undefined && facts.certificate.problems.length > 0 && !request.oldTls
      if (stops) finish('certificate')
      else open.write(request.bytes, 'latin1')
    })
    const deadline = setTimeout(() => finish(facts ? 'no-answer' : 'no-connection'), timeout)
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()

    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      received += chunk
      reading = readAnswer(request.method, received, false)
      if (isRead(reading)) finish(undefined)
      else if (reading.answer) bodyDeadline ??= setTimeout(() => finish(undefined), bodyTimeout)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      finish(classify(error, peer, facts !== undefined), error.code ?? error.message)
    })
    socket.on('end', () => {
      reading = readAnswer(request.method, received, true)
      finish('connection-lost')
    })
    socket.on('close', () => finish('connection-lost'))
  })
}

function describe(peer: Peer, socket: Socket) {
  const address = socket.remoteAddress
  if (!(socket instanceof TLSSocket)) return { address }
  const certificate = certificateFacts(peer.host, socket)
  return { address, certificate, tlsVersion: socket.getProtocol() ?? undefined }
}

const connectErrors = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EACCES|EPERM|EINVAL|ETIMEDOUT)$/

function classify(error: NodeJS.ErrnoException, peer: Peer, connected: boolean): Failure {
  const code = error.code ?? ''
  if (/NO_APPLICATION_PROTOCOL/.test(code)) return 'http2-only'
  if (connected) return 'connection-lost'
  if (/^(ENOTFOUND|EAI_)/.test(code)) return 'unresolvable'
  if (connectErrors.test(code)) return 'no-connection'
  return peer.secure ? 'tls-failed' : 'connection-lost'
}
