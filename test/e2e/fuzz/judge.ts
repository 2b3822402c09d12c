import { METHODS } from 'node:http'
import { type ErrorStatus, errorReply } from '../../../src/forwarder/error-page.ts'
import { providerSlugs } from '../../../src/junction/providers.ts'

/** A route as the configuration has it: what the path and the target have before and after the slug. */
export interface ConfiguredRoute {
  readonly label: string
  readonly path: readonly [before: string, after: string]
  readonly target: readonly [before: string, after: string]
}

/** A route that is shared: where its path may lead, and the Link API that `state` must then name. */
export interface SharedRoute {
  readonly label: string
  readonly path: string
  readonly targets: Readonly<
    Record<string, { readonly target: string; readonly audience: string | undefined }>
  >
}

/** Everything that a forwarder may say. */
export interface Allowed {
  readonly shared: SharedRoute
  readonly routes: readonly ConfiguredRoute[]
  readonly siteVerification: string
}

const refusals: readonly ErrorStatus[] = [400, 404, 405, 408, 414, 417, 421, 431]
const pages = refusals.flatMap((status) => [false, true].map((html) => errorReply(status, html)))

/** Headers in lower case, and the only values that they may have. */
const values: Readonly<Record<string, RegExp>> = {
  'content-type': /^text\/(html|plain); charset=utf-8$/,
  'content-length': /^\d{1,4}$/,
  'cache-control': /^no-store$/,
  'referrer-policy': /^no-referrer$/,
  'x-content-type-options': /^nosniff$/,
  'content-security-policy': /^default-src 'none'; style-src 'unsafe-inline'$/,
  allow: /^GET, HEAD$/,
  date: /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/,
  connection: /^(keep-alive|close)$/,
  'keep-alive': /^timeout=\d+$/,
  location: /^https:\/\/[\x21-\x7e]+$/,
}
const needed = [
  'content-length',
  'cache-control',
  'referrer-policy',
  'x-content-type-options',
  'date',
  'connection',
]

/**
 * What is wrong with everything that came back on one connection; undefined when nothing is. When that was cut off, its
 * last answer may end anywhere.
 */
export function judgeAnswers(
  received: string,
  sent: string,
  allowed: Allowed,
  cutOff = false,
): string | undefined {
  for (let rest = received; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return cutOff ? undefined : 'the headers do not end'
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const [, status] = /^HTTP\/1\.1 (\d{3}) [A-Z][A-Za-z -]*$/.exec(statusLine) ?? []
    if (status === undefined) return `"${statusLine}" is no status line`
    const headers = new Map<string, string>()
    for (const line of lines) {
      const [, name = '', value = ''] = /^([A-Za-z-]+): (.*)$/.exec(line) ?? []
      const key = name.toLowerCase()
      if (!values[key]?.test(value)) return `"${line}" is no header of ours`
      if (headers.has(key)) return `${name} is there twice`
      headers.set(key, value)
    }
    const missing = needed.find((name) => !headers.has(name))
    if (missing) return `${missing} is missing`
    rest = rest.slice(end + 4)
    const fault = judgeLocation(Number(status), headers.get('location'), sent, allowed)
    if (fault) return fault
    const length = Number(headers.get('content-length'))
    const bodiless = sent.includes('HEAD ') && (rest === '' || rest.startsWith('HTTP/1.1 '))
    if (bodiless) continue
    const body = rest.slice(0, length)
    const ended = body.length === length || !cutOff
    const right = bodies(Number(status), allowed).some((text) =>
      ended ? text === body : text.startsWith(body),
    )
    if (!right) return `a ${status} has the body ${JSON.stringify(body)}`
    rest = rest.slice(length)
  }
  return undefined
}

/** How many answers there are; none of ours looks like one inside. */
export function countAnswers(received: string): number {
  return received.split('HTTP/1.1 ').length - 1
}

function bodies(status: number, { siteVerification }: Allowed): readonly string[] {
  if (status === 307) return ['']
  if (status === 200) return ['ok\n', siteVerification]
  return pages
    .filter((page) => page.status === status)
    .map((page) => Buffer.from(page.body).toString('latin1'))
}

/** Only a 307 has one: a configured target, and slug and query exactly as they stand in the request. */
function judgeLocation(
  status: number,
  location: string | undefined,
  sent: string,
  { routes, shared }: Allowed,
): string | undefined {
  if (status !== 307) return location === undefined ? undefined : `a ${status} has a Location`
  if (location === undefined) return 'a 307 has no Location'
  const right = routes.some(({ path, target }) => {
    if (!location.startsWith(target[0])) return false
    const [, slug = '', after] =
      /^([a-z0-9][a-z0-9_-]{0,63})(.*)$/.exec(location.slice(target[0].length)) ?? []
    if (!after?.startsWith(target[1])) return false
    const query = after.slice(target[1].length)
    return (query === '' || query.startsWith('?')) && sent.includes(path[0] + slug + path[1] + query)
  })
  const chosen = Object.values(shared.targets).some(({ target, audience }) => {
    const query = location.slice(target.length)
    if (!location.startsWith(target) || !sent.includes(shared.path + query)) return false
    if (query !== '' && !query.startsWith('?')) return false
    const states = query
      .slice(1)
      .split('&')
      .filter((part) => /^state(=|$)/.test(part))
    const [, payload = ''] = states[0]?.split('.') ?? []
    const named = Buffer.from(payload, 'base64url').toString('latin1').includes(`"${audience}"`)
    return audience === undefined || (states.length === 1 && named)
  })
  return right || chosen
    ? undefined
    : `Location is ${JSON.stringify(location)}, which nobody configured or sent`
}

/** What is wrong with a line of the log; undefined when nothing is. */
export function judgeLogLine(line: string, { routes, shared }: Allowed): string | undefined {
  const entry = parsed(line)
  if (entry === undefined) return 'it is no JSON object'
  if (entry.message !== undefined) {
    const routes = entry.message === 'reloaded' ? ',routes' : ''
    const known = /^(?:reloaded|stopping|stopped|several hosts are configured: .*)$/.test(
      String(entry.message),
    )
    return known && Object.keys(entry).join() === `time,level,message${routes}`
      ? undefined
      : 'it is no event of ours'
  }
  const { time, level, route, provider, method, status, duration_ms, hint, to, ...others } = entry
  if (Object.keys(others).length > 0) return `it has ${Object.keys(others)}`
  const forwarded = route === shared.label && status === 307
  if ((to !== undefined) !== forwarded) return 'its "to" is out of place'
  if (forwarded && !(String(to) in shared.targets)) return 'its "to" is not configured'
  const known = [
    'unmatched',
    shared.label,
    'health',
    'site_verification',
    ...routes.map(({ label }) => label),
  ]
  if (!known.includes(String(route))) return 'its route is not configured'
  if (provider !== null && ![...providerSlugs, 'other'].includes(String(provider)))
    return 'nobody knows its provider'
  if (method !== null && !METHODS.includes(String(method))) return 'there is no such method'
  if (![200, 307, ...refusals].includes(Number(status))) return 'there is no such status'
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(time))) return 'its time is none'
  if (typeof duration_ms !== 'number') return 'its duration is none'
  if (level !== (status === 421 ? 'warn' : route === 'health' ? 'debug' : 'info')) return 'its level is wrong'
  return (hint !== undefined) === (status === 421) ? undefined : 'its hint is out of place'
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
