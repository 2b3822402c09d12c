import { errorCodes } from '../junction/error-codes.ts'
import { type Attempt, hopsOf, outcomeOf, stuckAt } from './attempt.ts'
import type { DemoBackend } from './backend.ts'
import { markDifferences, type Piece, plain } from './differences.ts'
import { queryOf } from './query.ts'
import type { Party, Scenario } from './scenarios.ts'
import { doctorArguments } from './shell.ts'
import type { Hop } from './timeline.ts'

export type { Outcome } from './attempt.ts'
export type { Piece } from './differences.ts'

/** What the page shows before anything is tried. */
export type DemoView = ReturnType<DemoBackend['describe']>

/** One attempt to connect a user. */
export type AttemptView = ReturnType<typeof viewAttempt>

/** One request and its answer. */
export type HopView = AttemptView['hops'][number]

/** What the bytes of an attempt should be. */
export interface Healthy {
  readonly redirectUri: string
  /** Where the forwarder sends users on to, without the query. */
  readonly target: string
}

/** One line about an attempt. */
export function summariseAttempt(attempt: Attempt, all: readonly Hop[]) {
  const { id, number, environment, scenario } = attempt
  const outcome = outcomeOf(attempt, hopsOf(attempt, all))
  return { id, number, environment, title: scenario?.title ?? 'Everything right', outcome }
}

/** What the page shows of a scenario. */
export function viewScenario({ id, title, wrong }: Scenario) {
  return { id, title, wrong }
}

/** Everything that the page shows of an attempt; `byoo` is how byoo was started. */
export function viewAttempt(attempt: Attempt, all: readonly Hop[], healthy: Healthy, byoo: string) {
  const { scenario, userId = null, arrival, doctor } = attempt
  const hops = hopsOf(attempt, all)
  const views = hops.map((hop) => viewHop(hop, hops, healthy))
  return {
    ...summariseAttempt(attempt, all),
    scenario: scenario ? viewScenario(scenario) : null,
    /** Junction's id of the user, once there is one. */
    userId,
    /** What the end user sees. */
    seen: arrival === undefined ? seenAtErrorPage(hops) : seenInApp(arrival),
    /** Who noticed that something is wrong, and how. */
    noticed: whoNoticed(scenario, hops),
    /** Bytes that should be equal and are not. */
    comparison: compare(hops, healthy),
    hops: arrival === undefined ? views : [...views, homeHop(arrival)],
    doctor: { command: `${byoo} ${doctorArguments}`, ...doctor },
  }
}

/** What the user sees, where, what the app's address was called with, and what `byoo explain` says of that. */
interface SeenView {
  readonly at: Party
  readonly title: string
  readonly text: string
  readonly parameters: readonly (readonly [string, string])[]
  readonly explanation: { readonly code: string; readonly meaning: string; readonly advice: string } | null
}

function seenInApp(arrival: string): SeenView {
  const parameters = [...new URLSearchParams(queryOf(arrival))].filter(([name]) => name !== 'attempt')
  const code = parameters.find(([name]) => name === 'error_type')?.[1]
  const known = errorCodes.find((one) => one.code === code)
  const explanation = known ? { code: known.code, meaning: known.meaning, advice: known.advice } : null
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

/** In the words of who noticed it first; others repeat it in their own. */
function whoNoticed(scenario: Scenario | undefined, hops: readonly Hop[]) {
  const fault = (hops.find(isNoticedHere) ?? hops.find((hop) => hop.fault !== undefined))?.fault
  if (!fault) return null
  const text = scenario?.faultCode === fault.code ? scenario.noticed : sentence(fault.message)
  return { by: fault.noticedBy, text }
}

function isNoticedHere({ to, fault }: Hop): boolean {
  return fault?.noticedBy === to
}

/** What should be the same and is not. */
function compare(hops: readonly Hop[], { redirectUri, target }: Healthy) {
  const asked = hops.find(isAuthorization)
  const askedUri = asked && (new URLSearchParams(queryOf(asked.target)).get('redirect_uri') ?? '')
  if (askedUri !== undefined && askedUri !== redirectUri) {
    const labels = ['Registered at Acme Fit', 'Junction’s override'] as const
    return comparison('The redirect URI differs', labels, redirectUri, askedUri)
  }
  const callback = hops.find(({ to }) => to === 'forwarder')
  const should = callback && expectedLocation(callback, target)
  if (should === undefined || callback?.location === undefined || callback.location === should) return null
  const labels = ['Location should be', 'Location is'] as const
  return comparison('The forwarder’s answer differs', labels, should, callback.location)
}

function comparison(title: string, labels: readonly [string, string], should: string, is: string) {
  const [expected, received] = markDifferences(should, is)
  return {
    title,
    expected: { label: labels[0], bytes: expected },
    received: { label: labels[1], bytes: received },
  }
}

function isAuthorization({ to, method, target }: Hop): boolean {
  return to === 'provider' && method === 'GET' && target.includes('redirect_uri=')
}

function expectedLocation({ target: callback }: Hop, target: string): string {
  const question = callback.indexOf('?')
  return question === -1 ? target : target + callback.slice(question)
}

function viewHop(hop: Hop, hops: readonly Hop[], healthy: Healthy) {
  const { from, to, method, target, headers, body = null, status, location, fault } = hop
  const expected = to === 'forwarder' ? expectedLocation(hop, healthy.target) : location
  return {
    from,
    to,
    /** What the hop is for. */
    title: titleOf(hop),
    method,
    target: marked(target, expectedTarget(hop, hops, healthy)),
    /** Those of the request that tell something. */
    headers: viewHeaders(headers),
    /** Of the request. */
    body,
    status,
    location: location === undefined ? null : marked(location, expected ?? location),
    /** What was noticed here. */
    fault: fault && isNoticedHere(hop) ? sentence(fault.message) : null,
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

function expectedTarget(hop: Hop, hops: readonly Hop[], { redirectUri, target }: Healthy): string {
  if (isAuthorization(hop)) {
    return hop.target.replace(/([?&]redirect_uri=)[^&]*/, (_, name) => name + encodeURIComponent(redirectUri))
  }
  const callback = hops.find(({ to }) => to === 'forwarder')
  if (hop.from !== 'browser' || hop.to !== 'junction' || !callback) return hop.target
  return expectedLocation(callback, new URL(target).pathname)
}

function marked(text: string, expected: string): Piece[] {
  return text === expected ? plain(text) : markDifferences(expected, text)[1]
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
  return { ...home, target: plain(arrival), headers: [], body: null, location: null, fault: null }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
