import { connect as connectTcp, isIP, type Socket } from 'node:net'
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  rootCertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import type { FindingId } from './findings.ts'
import type { WireRequest } from './request.ts'

/** Whom to talk to, and how to know them. */
export interface Peer {
  readonly secure: boolean
  readonly host: string
  readonly port: number
  /** Connect to this IP address instead of asking the name service. */
  readonly address: string | undefined
  readonly trust: SecureContext | undefined
}

const trusts = new Map<string | Buffer | undefined, SecureContext>()

/** Trusts what Node trusts, and the authorities of a PEM file. Reading all of them takes long, so it is kept. */
export function createTrust(authorities: string | Buffer | undefined): SecureContext {
  const ca = authorities === undefined ? undefined : [...rootCertificates, authorities]
  const trust = trusts.get(authorities) ?? createSecureContext({ ca })
  trusts.set(authorities, trust)
  return trust
}

/** The ciphers of TLS 1.0 and 1.1 need OpenSSL's lowest security level. */
const oldTls = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const

/** Opens a connection and calls `ready` once bytes may be sent. The certificate is for the caller to judge. */
export function openSocket(
  peer: Peer,
  request: Pick<WireRequest, 'oldTls'>,
  ready: (socket: Socket) => void,
): Socket {
  const { host, port, address } = peer
  const where = { host: address ?? host, port, autoSelectFamily: true }
  if (!peer.secure) {
    const socket = connectTcp(where)
    socket.once('connect', () => ready(socket))
    return socket
  }
  const socket = connectTls({
    ...where,
    ...(isIP(host) ? {} : { servername: host }),
    ALPNProtocols: ['http/1.1'],
    ...(request.oldTls ? oldTls : peer.trust ? { secureContext: peer.trust } : {}),
    // Judged by certificateFacts, in more detail than Node's one error, and before any byte is sent.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  })
  socket.once('secureConnect', () => ready(socket))
  return socket
}

const dayLength = 86_400_000

/** Facts of the certificate that was shown. */
export type CertificateFacts = ReturnType<typeof certificateFacts>

/** Judges what the other side has shown of itself. */
export function certificateFacts(host: string, socket: TLSSocket) {
  const certificate = socket.getPeerCertificate()
  // The types promise an Error; it is the code of one, as text.
  const chainError = socket.authorized ? '' : String(socket.authorizationError)
  const now = Date.now()
  const validFrom = Date.parse(certificate.valid_from)
  const validTo = Date.parse(certificate.valid_to)
  const problems: FindingId[] = []
  if (validTo <= now) problems.push('certificate-expired')
  if (validFrom > now) problems.push('certificate-not-yet-valid')
  if (checkServerIdentity(host, certificate)) problems.push('certificate-other-name')
  if (!/^$|EXPIRED|NOT_YET_VALID/.test(chainError)) problems.push('certificate-untrusted')
  return {
    /** In milliseconds since 1970. */
    validFrom,
    validTo,
    /** Less than three weeks are left, or a tenth of its life when that is shorter. */
    expiresSoon: validTo - now < Math.min(21 * dayLength, (validTo - validFrom) / 10),
    names: certificate.subjectaltname ?? String(certificate.subject?.CN ?? ''),
    /** Why a browser would stop; empty when it would not. */
    problems,
  }
}

/** A date of a certificate, which may be none that can be read. */
export function dayOf(time: number): string {
  return Number.isNaN(time) ? 'unknown' : new Date(time).toISOString().slice(0, 10)
}
