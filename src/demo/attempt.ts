import type { JunctionEnvironment } from '../junction/environments.ts'
import { type ErrorCodeFacts, findErrorCode } from '../junction/error-codes.ts'
import { markDifferences, type Piece } from './differences.ts'
import type { Examination } from './examine.ts'
import type { Scenario } from './scenarios.ts'
import { queryOf } from './server.ts'
import { doctorArguments } from './shell.ts'
import type { Hop, Party } from './timeline.ts'

/** What is known of an attempt to connect a user. */
export interface Attempt {
  readonly id: string
  /** Counted from 1. */
  readonly number: number
  readonly environment: JunctionEnvironment
  readonly scenario: Scenario | undefined
  userId?: string
  /** The hop that made the user: nothing in it says what it belongs to. */
  userHop?: number | undefined
  /** The link token, which is the state of the OAuth request. */
  state?: string
  /** Request target of the user's return to the app. */
  arrival?: string
  /** Another attempt was started. */
  replaced?: true
  /** The hops, once it is over: the timeline forgets old ones. */
  hops?: readonly Hop[]
  doctor: Examination
}

/**
 * `under way`: the user is at Acme Fit. `connected`, `failed`: the user came back. `stuck on an error page`: no way
 * leads back to the app. `replaced`: another attempt was started before this one came to an end.
 */
export type Outcome = 'under way' | 'connected' | 'failed' | 'stuck on an error page' | 'replaced'

/** One attempt to connect a user, as the page shows it. */
export type AttemptView = ReturnType<typeof viewAttempt>

/** One request and its answer, as the page's script has them. */
export type HopView = ReturnType<typeof viewHop>

/** What the bytes of an attempt should be. */
interface Healthy {
  readonly redirectUri: string
  /** Where the forwarder sends users on to, without the query. */
  readonly target: string
}

/** The hops that belong to an attempt, in order. */
export function hopsOf({ hops, userHop, state }: Attempt, all: readonly Hop[]): readonly Hop[] {
  return hops ?? all.filter(({ id, state: its }) => id === userHop || (state !== undefined && its === state))
}

/** How an attempt has ended, by its own hops. */
export function outcomeOf({ arrival, replaced }: Attempt, hops: readonly Hop[]): Outcome {
  if (arrival !== undefined) {
    return new URLSearchParams(queryOf(arrival)).get('state') === 'success' ? 'connected' : 'failed'
  }
  if (stuckAt(hops)) return 'stuck on an error page'
  return replaced ? 'replaced' : 'under way'
}

/** The error page that the user is left on. */
function stuckAt(hops: readonly Hop[]): Hop | undefined {
  const last = hops.findLast(({ from }) => from === 'browser')
  return last && last.status >= 400 ? last : undefined
}

/** One line about an attempt. */
export function summariseAttempt(attempt: Attempt, all: readonly Hop[]) {
  const { id, number, environment, scenario } = attempt
  const outcome = outcomeOf(attempt, hopsOf(attempt, all))
  return { id, number, environment, title: scenario?.title ?? 'Everything right', outcome }
}

/** Everything that the page shows of an attempt; `byoo` is how byoo was started. */
export function viewAttempt(attempt: Attempt, all: readonly Hop[], healthy: Healthy, byoo: string) {
  const { scenario, userId = null, arrival, doctor } = attempt
  const hops = hopsOf(attempt, all)
  const views = hops.map((hop) => viewHop(hop, hops, healthy))
  const found = doctor.status !== 'done' || doctor.findings.some(({ status }) => status === 'failed')
  return {
    ...summariseAttempt(attempt, all),
    scenario: scenario ?? null,
    /** Junction's id of the user, once there is one. */
    userId,
    /** What the end user sees. */
    seen: arrival === undefined ? seenAtErrorPage(hops) : seenInApp(arrival),
    /** Who noticed that something is wrong, and how. */
    noticed: whoNoticed(scenario, hops),
    /** Bytes that should be equal and are not. */
    comparison: compare(hops, healthy),
    hops: arrival === undefined ? views : [...views, homeHop(arrival)],
    doctor: {
      command: `${byoo} ${doctorArguments}`,
      ...doctor,
      /** What doctor cannot know about this scenario, and what shows it; null when doctor finds it. */
      undetectable: found ? null : (scenario?.undetectable ?? null),
    },
  }
}

/** What the user sees, where, what the app's address was called with, and what `byoo explain` says of that. */
interface SeenView {
  readonly at: Party
  readonly title: string
  readonly text: string
  readonly parameters: readonly (readonly [string, string])[]
  readonly explanation: ErrorCodeFacts | null
}

function seenInApp(arrival: string): SeenView {
  const parameters = [...new URLSearchParams(queryOf(arrival))].filter(([name]) => name !== 'attempt')
  const code = parameters.find(([name]) => name === 'error_type')?.[1]
  const explanation = findErrorCode(code ?? '') ?? null
  const [title, text] =
    code === undefined
      ? ['Acme Fit is connected', 'Your app takes it from here.']
      : ['Acme Fit is not connected', 'Your app says why in words of its own, and lets the user try again.']
  return { at: 'app', title, text, parameters, explanation }
}

function seenAtErrorPage(hops: readonly Hop[]): SeenView | null {
  const stuck = stuckAt(hops)
  if (!stuck) return null
  const title = sentence(stuck.fault?.message ?? `an error page, status ${stuck.status}`)
  const text = 'An error page, and no way back to your app.'
  return { at: stuck.to, title, text, parameters: [], explanation: null }
}

function whoNoticed(scenario: Scenario | undefined, hops: readonly Hop[]) {
  const hop = hops.find(({ fault }) => fault !== undefined)
  if (!hop?.fault) return null
  const { code, message } = hop.fault
  return { by: hop.to, text: scenario?.faultCode === code ? scenario.noticed : sentence(message) }
}

/** Where the forwarder should have sent the user, who came to it with this callback. */
function expectedLocation(hops: readonly Hop[], target: string): string | undefined {
  const callback = hops.find(({ to }) => to === 'forwarder')
  return callback && `${target}${/\?.*$/.exec(callback.target) ?? ''}`
}

/** What should be the same and is not. */
function compare(hops: readonly Hop[], { redirectUri, target }: Healthy) {
  const asked = hops.find(isAuthorization)
  const askedUri = asked && new URLSearchParams(queryOf(asked.target)).get('redirect_uri')
  const should = expectedLocation(hops, target)
  const is = hops.find(({ to }) => to === 'forwarder')?.location
  const pairs = [
    ['The redirect URI differs', 'Registered at Acme Fit', redirectUri, 'Junction’s override', askedUri],
    ['The forwarder’s answer differs', 'Location should be', should, 'Location is', is],
  ] as const
  for (const [title, expectedLabel, right, receivedLabel, given] of pairs) {
    if (typeof right !== 'string' || typeof given !== 'string' || right === given) continue
    const [expected, received] = markDifferences(right, given)
    return {
      title,
      expected: { label: expectedLabel, bytes: expected },
      received: { label: receivedLabel, bytes: received },
    }
  }
  return null
}

function isAuthorization({ to, method, target }: Hop): boolean {
  return to === 'provider' && method === 'GET' && target.includes('redirect_uri=')
}

function viewHop(hop: Hop, hops: readonly Hop[], { redirectUri, target: connect }: Healthy) {
  const { from, to, method, target, headers, body = null, status, location, fault } = hop
  const sentOn = expectedLocation(hops, connect)
  const isCallback = from === 'browser' && to === 'junction' && sentOn !== undefined
  const expectedTarget = isAuthorization(hop)
    ? target.replace(/([?&]redirect_uri=)[^&]*/, (_, name) => name + encodeURIComponent(redirectUri))
    : isCallback && sentOn.slice(new URL(sentOn).origin.length)
  return {
    from,
    to,
    /** What the hop is for. */
    title: titleOf(hop),
    method,
    target: marked(target, expectedTarget || target),
    /** Those of the request that tell something. */
    headers: viewHeaders(headers),
    /** Of the request. */
    body,
    status,
    location: location === undefined ? null : marked(location, to === 'forwarder' ? sentOn : location),
    /** What was noticed here. */
    fault: fault ? sentence(fault.message) : null,
  }
}

/** Of the headers, those that say where to, what, and for whom. */
const tellingHeaders = ['Host', 'Content-Type', 'Authorization', 'x-vital-api-key', 'x-vital-link-token']

function viewHeaders(headers: Hop['headers']) {
  return tellingHeaders.flatMap((name) => {
    const value = headers[name.toLowerCase()]
    if (value === undefined) return []
    // Basic authentication as the text that it encodes.
    const shown = value.replace(/^Basic (.+)$/, (_, text) => `Basic base64(${Buffer.from(text, 'base64')})`)
    // As it would be without a line break at the end of the secret.
    return { name, value: marked(shown, shown.replace(/(?:%0[ad])+\)$/i, ')')) }
  })
}

/** A text, with what should not be so marked. */
function marked(text: string, expected = text): Piece[] {
  return markDifferences(expected, text)[1]
}

const titles: readonly (readonly [Party, RegExp, string])[] = [
  ['junction', /\/v2\/user$/, 'Make a user'],
  ['junction', /\/v2\/link\/token$/, 'Make a link token'],
  ['junction', /\/v2\/link\/provider\/oauth\//, 'Ask where to send the user'],
  ['junction', /\/v2\/link\/connect\//, 'The callback, passed on'],
  ['provider', /^\/oauth\/authorize/, 'Ask for consent'],
  ['provider', /^\/oauth\/decision/, 'What the user decides'],
  ['provider', /^\/oauth\/token/, 'Exchange the code, behind the user’s back'],
  ['forwarder', /./, 'The callback, on your domain'],
]

function titleOf({ to, target }: Hop): string {
  const [path = ''] = target.split('?')
  return titles.find(([at, pattern]) => at === to && pattern.test(path))?.[2] ?? ''
}

function homeHop(arrival: string): ReturnType<typeof viewHop> {
  const home = { from: 'browser', to: 'app', title: 'Home again', method: 'GET', status: 200 } as const
  return { ...home, target: marked(arrival), headers: [], body: null, location: null, fault: null }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
