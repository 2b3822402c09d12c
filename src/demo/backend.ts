import { randomUUID } from 'node:crypto'
import type { JunctionEnvironment } from '../junction/environments.ts'
import { version } from '../version.ts'
import { type Attempt, hopsOf, outcomeOf, summariseAttempt, viewAttempt } from './attempt.ts'
import { type Examiner, examine, linkClient, notExamined } from './examine.ts'
import { removeUser } from './junction/state.ts'
import { demoProvider } from './loop.ts'
import { type ScenarioName, scenarios } from './scenarios.ts'
import { queryOf } from './server.ts'
import { createSharedApp } from './shared-app.ts'
import { demoEnvironments, describeEnvironment } from './shell.ts'
import type { Hop } from './timeline.ts'

/** What the person at the page has chosen. */
export interface Choice {
  readonly environment: JunctionEnvironment
  readonly scenario: ScenarioName | null
}

/** What the page is about. */
export type DemoBackend = ReturnType<typeof createBackend>

/** What the page shows before anything is tried. */
export type DemoView = ReturnType<DemoBackend['describe']>

/** Attempts that are kept. */
const maxAttempts = 20

/** The app of somebody who uses Junction, and everything around it. */
export function createBackend(examiner: Examiner, pageUrl: () => string) {
  const { loop, byoo } = examiner
  const { junction, hops } = loop
  /** Newest first. */
  const attempts: Attempt[] = []

  /** Ends all attempts and plays another scenario. The sandbox holds 50 users. */
  const play = ({ scenario }: Pick<Choice, 'scenario'>) => {
    for (const earlier of attempts) retire(earlier)
    loop.play(scenario ?? undefined)
  }
  const retire = (attempt: Attempt) => {
    attempt.replaced = true
    attempt.hops = hopsOf(attempt, hops)
    if (attempt.userId !== undefined) removeUser(junction, attempt.environment, attempt.userId)
  }

  /** Goes as far as the app goes before it sends its user away. */
  const makeLink = async (attempt: Attempt): Promise<string> => {
    const { id, environment } = attempt
    const link = linkClient(examiner, environment)
    const { user_id } = await link.createUser(`made-up-user-${id}`)
    attempt.userId = user_id
    attempt.userHop = hops.findLast(isUserCreation)?.id
    const redirect_url = `${pageUrl()}/?attempt=${id}`
    const { link_token } = await link.createLinkToken({ user_id, provider: demoProvider, redirect_url })
    attempt.state = link_token
    return (await link.oauthLink(demoProvider, link_token)).oauth_url
  }

  /** Has doctor look as soon as the attempt is over, while its scenario is still on. */
  const examineOnce = (attempt: Attempt) => {
    const { environment, doctor, replaced } = attempt
    const own = hopsOf(attempt, hops)
    if (doctor.status !== 'later' || replaced || outcomeOf(attempt, own) === 'under way') return
    attempt.hops = own
    attempt.doctor = { ...doctor, status: 'running' }
    examine(examiner, environment).then((examination) => {
      attempt.doctor = examination
    })
  }

  return {
    app: createSharedApp(loop),
    /** What the page shows before anything is tried. */
    describe: () => ({
      version,
      environments: demoEnvironments.map((environment) => describeEnvironment(loop, byoo, environment)),
      scenarios,
      /** The scenario that is on, if one is: for the shell, too. */
      active: scenarios.find(({ id }) => id === loop.scenario) ?? null,
      /** Newest first. */
      attempts: attempts.map((attempt) => summariseAttempt(attempt, hops)),
    }),
    /** Starts an attempt; `url` is where the user goes next. */
    connect: async ({ environment, scenario }: Choice): Promise<{ id: string; url: string }> => {
      play({ scenario })
      const attempt: Attempt = {
        id: randomUUID(),
        number: (attempts[0]?.number ?? 0) + 1,
        environment,
        scenario: scenarios.find(({ id }) => id === scenario),
        doctor: notExamined,
      }
      attempts.unshift(attempt)
      attempts.length = Math.min(attempts.length, maxAttempts)
      try {
        return { id: attempt.id, url: await makeLink(attempt) }
      } catch (error) {
        // No user will ever come back from it.
        retire(attempt)
        attempts.splice(attempts.indexOf(attempt), 1)
        throw error
      }
    },
    /** Switches a scenario on, or every one off, without an attempt. */
    play,
    attempt: (id: string) => {
      const attempt = attempts.find((one) => one.id === id)
      if (!attempt) return undefined
      examineOnce(attempt)
      return viewAttempt(attempt, hops, describeEnvironment(loop, byoo, attempt.environment), byoo)
    },
    /** A browser has come to the page's address, perhaps from Junction. */
    arrive: (target: string) => {
      const query = new URLSearchParams(queryOf(target))
      const attempt = attempts.find(({ id }) => id === query.get('attempt'))
      if (attempt && query.has('state')) attempt.arrival ??= target
    },
  }
}

function isUserCreation({ from, method, target }: Hop): boolean {
  return from === 'app' && method === 'POST' && target.endsWith('/v2/user')
}
