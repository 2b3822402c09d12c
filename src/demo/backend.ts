import { randomUUID } from 'node:crypto'
import { type Combination, fillTemplate } from '../junction/environments.ts'
import type { Http } from '../junction/http.ts'
import { createLink } from '../junction/link.ts'
import { noBreaks } from '../simulator/breaks.ts'
import type { Simulator } from '../simulator/simulator.ts'
import type { Hop } from '../simulator/timeline.ts'
import { version } from '../version.ts'
import { type Attempt, hopsOf, outcomeOf, queryOf } from './attempt.ts'
import { breaks } from './breaks.ts'
import { addressesOf, demoCombinations, describeCombination } from './combinations.ts'
import { examine, notExamined } from './examine.ts'
import type { Choice, DemoBackend } from './page-server.ts'
import { demoProvider } from './variables.ts'
import { summariseAttempt, viewAttempt } from './view-attempt.ts'

/** Attempts that are kept. */
const mostAttempts = 20

/** What the page is about: the app of somebody who uses Junction, and everything around it. */
export function createBackend(
  simulator: Simulator,
  http: Http,
  pageUrl: () => string,
  signal: AbortSignal,
): DemoBackend {
  const { junction, hops } = simulator
  /** Newest first. */
  const attempts: Attempt[] = []
  let number = 0

  const connect = async (choice: Choice) => {
    const combination: Combination = `${choice.environment}/${choice.region}`
    for (const earlier of attempts) retire(earlier)
    simulator.set({ ...noBreaks, ...(choice.break && { [choice.break]: true }) })
    number += 1
    const id = randomUUID()
    const attempt: Attempt = {
      id,
      number,
      combination,
      broken: breaks.find((one) => one.id === choice.break),
      userId: undefined,
      userHop: undefined,
      state: undefined,
      arrival: undefined,
      replaced: false,
      hops: undefined,
      doctor: notExamined,
    }
    attempts.unshift(attempt)
    attempts.length = Math.min(attempts.length, mostAttempts)

    const link = createLink(http, {
      url: fillTemplate(junction.apiUrl, choice.environment, choice.region),
      credentials: { 'x-vital-api-key': junction.apiKeys[combination] },
    })
    const { user_id } = await link.createUser(`made-up-user-${id}`)
    attempt.userId = user_id
    attempt.userHop = hops.findLast(isUserCreation)?.id
    const redirect_url = `${pageUrl()}/?attempt=${id}`
    const { link_token } = await link.createLinkToken({ user_id, provider: demoProvider, redirect_url })
    attempt.state = link_token
    return { id, url: (await link.oauthLink(demoProvider, link_token)).oauth_url }
  }

  /** The sandbox holds 50 users. */
  const retire = (attempt: Attempt) => {
    attempt.replaced = true
    attempt.hops = hopsOf(attempt, hops)
    if (attempt.userId !== undefined) junction.users.delete(attempt.combination, attempt.userId)
  }

  /** Has doctor look as soon as the attempt is over, while what was broken still is. */
  const examineOnce = (attempt: Attempt) => {
    const { combination, broken, doctor, replaced } = attempt
    if (doctor.status !== 'later' || replaced) return
    const own = hopsOf(attempt, hops)
    if (outcomeOf(attempt, own) === 'under way') return
    attempt.hops = own
    attempt.doctor = { ...doctor, status: 'running' }
    const addresses = addressesOf(simulator, combination)
    const apiKey = junction.apiKeys[combination]
    examine(combination, addresses, apiKey, broken?.blind, signal).then((view) => {
      attempt.doctor = view
    })
  }

  return {
    describe: () => ({
      version,
      combinations: demoCombinations.map((combination) => describeCombination(simulator, combination)),
      breaks: breaks.map(({ id, title, broken }) => ({ id, title, broken })),
      attempts: attempts.map((attempt) => summariseAttempt(attempt, hops)),
    }),
    connect,
    attempt: (id) => {
      const attempt = attempts.find((one) => one.id === id)
      if (!attempt) return undefined
      examineOnce(attempt)
      const { redirectUri, target } = describeCombination(simulator, attempt.combination)
      return viewAttempt(attempt, hops, { redirectUri, target })
    },
    arrive: (target) => {
      const query = new URLSearchParams(queryOf(target))
      const attempt = attempts.find(({ id }) => id === query.get('attempt'))
      if (attempt && query.has('state')) attempt.arrival ??= target
    },
  }
}

function isUserCreation({ from, method, target }: Hop): boolean {
  return from === 'app' && method === 'POST' && target.endsWith('/v2/user')
}
