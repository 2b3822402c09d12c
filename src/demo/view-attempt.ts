import { errorCodes } from '../junction/error-codes.ts'
import { type Attempt, hopsOf, outcomeOf, stuckAt } from './attempt.ts'
import { markDifferences, plain } from './differences.ts'
import { queryOf } from './query.ts'
import type { Party, Scenario } from './scenarios.ts'
import type { Hop } from './timeline.ts'
import type {
  AttemptSummary,
  AttemptView,
  ComparisonView,
  HeaderView,
  HopView,
  NoticedView,
  Piece,
  ScenarioView,
  SeenView,
} from './view.ts'

/** What the bytes of an attempt should be. */
export interface Healthy {
  readonly redirectUri: string
  /** Where the forwarder sends users on to, without the query. */
  readonly target: string
}

/** One line about an attempt. */
export function summariseAttempt(attempt: Attempt, all: readonly Hop[]): AttemptSummary {
  const { id, number, environment, scenario } = attempt
  const outcome = outcomeOf(attempt, hopsOf(attempt, all))
  return { id, number, environment, title: scenario?.title ?? 'Everything right', outcome }
}

/** What the page shows of a scenario. */
export function scenarioView({ id, title, wrong }: Scenario): ScenarioView {
  return { id, title, wrong }
}

/** Everything that the page shows of an attempt. */
export function viewAttempt(attempt: Attempt, all: readonly Hop[], healthy: Healthy): AttemptView {
  const { scenario, userId, arrival, doctor } = attempt
  const hops = hopsOf(attempt, all)
  const summary = summariseAttempt(attempt, all)
  const views = hops.map((hop) => viewHop(hop, hops, healthy))
  return {
    ...summary,
    scenario: scenario ? scenarioView(scenario) : null,
    userId: userId ?? null,
    seen: whatIsSeen(attempt, hops),
    noticed: whoNoticed(attempt, hops),
    comparison: compare(hops, healthy),
    hops: arrival === undefined ? views : [...views, homeHop(arrival)],
    doctor,
  }
}

function whatIsSeen({ arrival }: Attempt, hops: readonly Hop[]): SeenView | null {
  if (arrival !== undefined) {
    const parameters = [...new URLSearchParams(queryOf(arrival))].filter(([name]) => name !== 'attempt')
    const code = parameters.find(([name]) => name === 'error_type')?.[1]
    const known = errorCodes.find((one) => one.code === code)
    const explanation = known ? { code: known.code, meaning: known.meaning, advice: known.advice } : null
    const seen = { at: 'app', parameters, explanation } as const
    return code === undefined
      ? { ...seen, title: 'Acme Fit is connected', text: 'Your app takes it from here.' }
      : {
          ...seen,
          title: 'Acme Fit is not connected',
          text: 'Your app says why in words of its own, and lets the user try again.',
        }
  }
  const stuck = stuckAt(hops)
  if (!stuck) return null
  return {
    at: stuck.to as Party,
    title: sentence(stuck.fault?.message ?? `an error page, status ${stuck.status}`),
    text: 'An error page, and no way back to your app.',
    parameters: [],
    explanation: null,
  }
}

function whoNoticed({ scenario }: Attempt, hops: readonly Hop[]): NoticedView | null {
  const [hop] = hops.filter(({ fault }) => fault !== undefined)
  if (!hop?.fault) return null
  const { noticedBy, code, message } = firstFault(hops) ?? hop.fault
  const text = scenario?.faultCode === code ? scenario.noticed : sentence(message)
  return { by: noticedBy, text }
}

/** The fault in the words of who noticed it; others repeat it in their own. */
function firstFault(hops: readonly Hop[]): Hop['fault'] {
  return hops.find(isNoticedHere)?.fault
}

function isNoticedHere({ to, fault }: Hop): boolean {
  return fault?.noticedBy === to
}

/** What should be the same and is not. */
function compare(hops: readonly Hop[], { redirectUri, target }: Healthy): ComparisonView | null {
  const asked = hops.find(isAuthorization)
  const askedUri = asked && (new URLSearchParams(queryOf(asked.target)).get('redirect_uri') ?? '')
  if (askedUri !== undefined && askedUri !== redirectUri) {
    const [expected, received] = markDifferences(redirectUri, askedUri)
    return {
      title: 'The redirect URI differs',
      expected: { label: 'Registered at Acme Fit', bytes: expected },
      received: { label: 'Junction’s override', bytes: received },
    }
  }
  const callback = hops.find(({ to }) => to === 'forwarder')
  const should = callback && expectedLocation(callback, target)
  if (should === undefined || callback?.location === undefined || callback.location === should) return null
  const [expected, received] = markDifferences(should, callback.location)
  return {
    title: 'The forwarder’s answer differs',
    expected: { label: 'Location should be', bytes: expected },
    received: { label: 'Location is', bytes: received },
  }
}

function isAuthorization({ to, method, target }: Hop): boolean {
  return to === 'provider' && method === 'GET' && target.includes('redirect_uri=')
}

function expectedLocation({ target: callback }: Hop, target: string): string {
  const question = callback.indexOf('?')
  return question === -1 ? target : target + callback.slice(question)
}

function viewHop(hop: Hop, hops: readonly Hop[], healthy: Healthy): HopView {
  const { from, to, method, target, headers, body, status, location, fault } = hop
  return {
    from,
    to,
    title: titleOf(hop),
    method,
    target: marked(target, expectedTarget(hop, hops, healthy)),
    headers: viewHeaders(headers),
    body: body ?? null,
    status,
    location:
      location === undefined
        ? null
        : marked(location, to === 'forwarder' ? expectedLocation(hop, healthy.target) : location),
    fault: fault && isNoticedHere(hop) ? sentence(fault.message) : null,
  }
}

/** Of the headers, those that say where to, what, and for whom. */
const tellingHeaders = ['Host', 'Content-Type', 'Authorization', 'x-vital-api-key', 'x-vital-link-token']

function viewHeaders(headers: Hop['headers']): HeaderView[] {
  return tellingHeaders.flatMap((name) => {
    const value = headers[name.toLowerCase()]
    if (value === undefined) return []
    const shown = readable(value)
    return { name, value: marked(shown, withoutEndOfLine(shown)) }
  })
}

/** Basic authentication as the text that it encodes. */
function readable(value: string): string {
  return value.replace(/^Basic (.+)$/, (_, text) => `Basic base64(${Buffer.from(text, 'base64')})`)
}

/** Basic authentication as it would be without a line break at the end of the secret. */
function withoutEndOfLine(authorization: string): string {
  return authorization.replace(/(?:%0[ad])+\)$/i, ')')
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

function homeHop(arrival: string): HopView {
  return {
    from: 'browser',
    to: 'app',
    title: 'Home again',
    method: 'GET',
    target: plain(arrival),
    headers: [],
    body: null,
    status: 200,
    location: null,
    fault: null,
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
