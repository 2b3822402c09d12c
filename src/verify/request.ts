import { plantedHost, type Send } from './cases.ts'
import { callbackPath, type Endpoint } from './endpoint.ts'

/** One request as it goes over the wire. */
export type WireRequest = ReturnType<typeof writeRequest>

/** Writes a request down byte by byte; nothing is normalised. */
export function writeRequest(endpoint: Endpoint, send: Send) {
  const { method = 'GET', version = 'HTTP/1.1', headers = [], body } = send
  const target = requestTarget(endpoint, send)
  const hosts = {
    none: [],
    twice: [endpoint.authority, endpoint.authority],
    foreign: [plantedHost],
  }
  const framed = headers.some(([name]) => name === 'Content-Length')
  const lines = [
    `${method} ${target} ${version}`,
    ...(send.host ? hosts[send.host] : [endpoint.authority]).map((host) => `Host: ${host}`),
    'User-Agent: byoo-verify',
    'Accept: text/html,*/*;q=0.8',
    'Accept-Encoding: identity',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined || framed ? [] : [`Content-Length: ${body.length}`]),
    'Connection: close',
  ]
  return {
    method,
    target,
    /** Latin-1: every character is one byte. */
    bytes: `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`,
    oldTls: send.oldTls === true,
  }
}

function requestTarget(endpoint: Endpoint, send: Send): string {
  const { provider, otherProvider, host, port } = endpoint
  const own = (send.otherProvider && otherProvider) || provider
  const slug = (send.slug ?? '{provider}')
    .replaceAll('{provider}', own)
    .replaceAll('{PROVIDER}', own.toUpperCase())
    .replaceAll('{%provider}', `%${own.charCodeAt(0).toString(16)}${own.slice(1)}`)
  const callback = callbackPath(endpoint, slug)
  const path = (send.target ?? '{callback}')
    .replaceAll('{callback}', () => callback)
    .replaceAll('{origin}', `${endpoint.secure ? 'https' : 'http'}://${endpoint.authority}`)
    .replaceAll('{authority}', `${host.includes(':') ? `[${host}]` : host}:${port}`)
  return `${path}${send.suffix ?? ''}${send.query ?? ''}`
}
