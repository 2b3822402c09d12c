import { randomUUID } from 'node:crypto'
import { ByooError } from '../errors.ts'
import { fillTemplate, isProduction, type JunctionEnvironment } from '../junction/environments.ts'
import type { Http } from '../junction/http.ts'
import { createLink } from '../junction/link.ts'
import { version } from '../version.ts'
import { type Attempt, hopsOf, outcomeOf } from './attempt.ts'
import { examine, notExamined } from './examine.ts'
import type { Loop } from './loop.ts'
import type { Choice, DemoBackend } from './page-server.ts'
import { queryOf } from './query.ts'
import { scenarios } from './scenarios.ts'
import { addressesOf, demoEnvironments, demoProvider, describeEnvironment } from './shell.ts'
import type { Hop } from './timeline.ts'
import { scenarioView, summariseAttempt, viewAttempt } from './view-attempt.ts'

/** Attempts that are kept. */
const maxAttempts = 20

/** What the page is about: the app of somebody who uses Junction, and everything around it. */
export function createBackend(
  loop: Loop,
  byoo: string,
  http: Http,
  pageUrl: () => string,
  signal: AbortSignal,
): DemoBackend {
  const { junction, hops } = loop
  /** Newest first. */
  const attempts: Attempt[] = []

  const connect = async (choice: Choice) => {
    const { environment } = choice
    for (const earlier of attempts) retire(earlier)
    loop.play(choice.scenario ?? undefined)
    const id = randomUUID()
    const attempt: Attempt = {
      id,
      number: (attempts[0]?.number ?? 0) + 1,
      environment,
      scenario: scenarios.find(({ id }) => id === choice.scenario),
      userId: undefined,
      userHop: undefined,
      state: undefined,
      arrival: undefined,
      replaced: false,
      hops: undefined,
      doctor: notExamined(byoo),
    }
    attempts.unshift(attempt)
    attempts.length = Math.min(attempts.length, maxAttempts)

    try {
      return { id, url: await makeLink(attempt) }
    } catch (error) {
      // No user will ever come back from it.
      retire(attempt)
      attempts.splice(attempts.indexOf(attempt), 1)
      if (error instanceof ByooError && attempt.userId === undefined) throw explainNoUser(error, environment)
      throw error
    }
  }

  /** Goes as far as the app goes before it sends its user away. */
  const makeLink = async (attempt: Attempt): Promise<string> => {
    const { id, environment } = attempt
    const link = createLink(http, {
      url: fillTemplate(junction.apiUrl, environment),
      credentials: { 'x-vital-api-key': junction.apiKeys[environment] },
    })
    const { user_id } = await link.createUser(`made-up-user-${id}`)
    attempt.userId = user_id
    attempt.userHop = hops.findLast(isUserCreation)?.id
    const redirect_url = `${pageUrl()}/?attempt=${id}`
    const { link_token } = await link.createLinkToken({ user_id, provider: demoProvider, redirect_url })
    attempt.state = link_token
    return (await link.oauthLink(demoProvider, link_token)).oauth_url
  }

  /** The sandbox holds 50 users. */
  const retire = (attempt: Attempt) => {
    attempt.replaced = true
    attempt.hops = hopsOf(attempt, hops)
    if (attempt.userId !== undefined) junction.users.delete(attempt.environment, attempt.userId)
  }

  /** Has doctor look as soon as the attempt is over, while its scenario is still on. */
  const examineOnce = (attempt: Attempt) => {
    const { environment, scenario, doctor, replaced } = attempt
    if (doctor.status !== 'later' || replaced) return
    const own = hopsOf(attempt, hops)
    if (outcomeOf(attempt, own) === 'under way') return
    attempt.hops = own
    attempt.doctor = { ...doctor, status: 'running' }
    const addresses = addressesOf(loop, environment)
    const apiKey = junction.apiKeys[environment]
    examine(byoo, environment, addresses, apiKey, scenario?.undetectable, signal).then((view) => {
      attempt.doctor = view
    })
  }

  return {
    describe: () => ({
      version,
      environments: demoEnvironments.map((environment) => describeEnvironment(loop, byoo, environment)),
      scenarios: scenarios.map(scenarioView),
      active: scenarios.filter(({ id }) => id === loop.scenario).map(scenarioView)[0] ?? null,
      attempts: attempts.map((attempt) => summariseAttempt(attempt, hops)),
    }),
    connect,
    play: ({ scenario }) => {
      for (const earlier of attempts) retire(earlier)
      loop.play(scenario ?? undefined)
    },
    attempt: (id) => {
      const attempt = attempts.find((one) => one.id === id)
      if (!attempt) return undefined
      examineOnce(attempt)
      const { redirectUri, target } = describeEnvironment(loop, byoo, attempt.environment)
      return viewAttempt(attempt, hops, { redirectUri, target })
    },
    arrive: (target) => {
      const query = new URLSearchParams(queryOf(target))
      const attempt = attempts.find(({ id }) => id === query.get('attempt'))
      if (attempt && query.has('state')) attempt.arrival ??= target
    },
  }
}

/** The hints of the command line are for the real Junction. */
function explainNoUser({ code, message }: ByooError, environment: JunctionEnvironment): ByooError {
  if (code !== 'not_allowed' || isProduction(environment)) return new ByooError(code, message)
  return new ByooError(
    code,
    `There is no room for another user: ${environment} holds 50 in this demo, as at Junction, and other commands have made ` +
      'them. Choose another environment, or stop byoo demo and start it again.',
  )
}

function isUserCreation({ from, method, target }: Hop): boolean {
  return from === 'app' && method === 'POST' && target.endsWith('/v2/user')
}
