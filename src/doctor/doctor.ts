import { setMaxListeners } from 'node:events'
import { accepts, callbackUrl } from '../config/callback.ts'
import type { Config } from '../config/config.ts'
import { ByooError } from '../errors.ts'
import { type Region, regions } from '../junction/environments.ts'
import { createRateLimiter } from '../verify/rate-limiter.ts'
import { askProvider } from './checks/ask-provider.ts'
import { checkCredentials } from './checks/credentials.ts'
import { checkDns } from './checks/dns.ts'
import { checkEnvironments } from './checks/environments.ts'
import { checkFile } from './checks/file.ts'
import { checkKeys } from './checks/key.ts'
import { checkLink, checkUser } from './checks/link.ts'
import { checkOverride } from './checks/override.ts'
import { listForPeople } from './checks/person.ts'
import { checkPreparation, preparedProvider } from './checks/prepare.ts'
import { checkRoutes } from './checks/routes.ts'
import { checkTeam } from './checks/team.ts'
import { checkTls } from './checks/tls.ts'
import { checkEndpoint } from './checks/verify.ts'
import { createFacts, type Facts } from './facts.ts'
import { type Check, everything, type Finding, type Subject, skipped } from './finding.ts'
import { createLinks } from './links.ts'
import { type Report, report } from './report.ts'
import type { Services } from './services.ts'
import {
  type Callback,
  chooseRoute,
  combination,
  type Entry,
  type Place,
  type PublicRoute,
  placeOf,
  placesOf,
  type Scope,
  selectRoutes,
  subjectOfCallback,
  subjectOfEntry,
  subjectOfPlace,
  subjectOfRoute,
} from './subjects.ts'
import { type CreatedUser, createUsers, type Permissions } from './users.ts'

/** What is to be examined. */
export interface Examination extends Scope, Permissions {
  /** byoo.yaml as it was read; of a faulty one nothing else is looked at. */
  readonly file: { readonly name: string; readonly config: Config; readonly faults: readonly string[] }
}

/** One check of one subject. */
export interface Task {
  readonly check: Check
  readonly subject: Subject
  readonly state: 'waiting' | 'running' | 'done'
}

/** Who wants to know before the end. */
export interface Listener {
  /** Each finding as it comes; the report has them in order. */
  readonly onFinding?: ((finding: Finding) => void) | undefined
  /** Each task when it is planned, when it begins and when it is done. */
  readonly onTask?: ((task: Task) => void) | undefined
  /** Each user that is made, as soon as it is known. */
  readonly onUser?: ((user: CreatedUser) => void) | undefined
}

/** Checks at once. The pace of each host holds besides. */
const most = 16

interface Job {
  readonly check: Check
  readonly subject: Subject
  readonly run: () => Finding[] | Promise<Finding[]>
}

/**
 * Makes every check for each route and provider, many at once. Rejects with `usage` when byoo.yaml has no such route,
 * and when the signal aborts; users that were created are removed either way.
 */
export async function runDoctor(
  examination: Examination,
  services: Services,
  listener: Listener = {},
): Promise<Report> {
  const { file } = examination
  // Every connection and every pause listens.
  if (services.signal) setMaxListeners(0, services.signal)
  const facts = createFacts(services)
  const fromFile = checkFile(file, services)
  for (const finding of fromFile) listener.onFinding?.(finding)
  if (file.faults.length > 0) return report(fromFile, facts.reached())

  const routes = selectRoutes(file.config, examination)
  if (routes.length === 0) throw noRoute(examination)
  const users = createUsers(examination, facts, listener.onUser)
  const findings: Finding[] = [...fromFile]
  try {
    const jobs = await plan(examination, routes, facts, users)
    findings.push(...(await perform(jobs, services, listener)))
  } finally {
    const left = await users.remove()
    for (const finding of left) listener.onFinding?.(finding)
    findings.push(...left)
  }
  services.signal?.throwIfAborted()
  return report(findings, facts.reached())
}

async function perform(jobs: readonly Job[], { signal }: Services, listener: Listener): Promise<Finding[]> {
  const pace = createRateLimiter(1_000_000, most, signal)
  for (const { check, subject } of jobs) listener.onTask?.({ check, subject, state: 'waiting' })
  const found = await Promise.all(
    jobs.map(({ check, subject, run }) =>
      pace(async () => {
        listener.onTask?.({ check, subject, state: 'running' })
        const findings = await run()
        for (const finding of findings) listener.onFinding?.(finding)
        listener.onTask?.({ check, subject, state: 'done' })
        return findings
      }),
    ),
  )
  return found.flat()
}

async function plan(
  examination: Examination,
  routes: readonly PublicRoute[],
  facts: Facts,
  users: ReturnType<typeof createUsers>,
): Promise<Job[]> {
  const { file, askProvider: asks } = examination
  const { config } = file
  const { services } = facts
  const links = createLinks(users, facts)
  const places = placesOf(routes)
  const callbacks = (await Promise.all(routes.map((route) => callbacksOf(route, examination, facts)))).flat()
  const entries = entriesOf(callbacks, config)
  const hosts = new Map(
    callbacks.toReversed().map((callback) => [new URL(callback.route.url).host, callback]),
  )
  const firstOfHosts = [...hosts.values()].toReversed()

  const job = (check: Check, subject: Subject, run: Job['run']): Job => ({ check, subject, run })
  return [
    job('key', everything, () => checkKeys(places, facts)),
    ...places.flatMap((place) => [
      job('team', subjectOfPlace(place), () => checkTeam(place, facts)),
      job('link', subjectOfPlace(place), () => checkUser(place, users, facts)),
    ]),
    ...firstOfHosts.flatMap((callback) => [
      job('dns', subjectOfRoute(callback.route), () => checkDns(callback.route, facts)),
      job('tls', subjectOfRoute(callback.route), () => checkTls(callback, facts)),
    ]),
    job('routes', everything, () => checkRoutes(callbacks, routes, services)),
    ...callbacks.map((callback) =>
      job('verify', subjectOfCallback(callback), () => checkEndpoint(callback, facts)),
    ),
    ...entries.flatMap((entry) => {
      const subject = subjectOfEntry(entry)
      return [
        job('credentials', subject, () => checkCredentials(entry, facts)),
        job('override', subject, () => checkOverride(entry, config, facts)),
        ...(entry.provider === preparedProvider
          ? [job('prepare', subject, () => checkPreparation(entry, facts))]
          : []),
        job('link', subject, () => checkLink(entry, links, users, facts)),
        job('ask-provider', subject, () =>
          asks
            ? askProvider(entry, links, users, facts)
            : [skipped('ask-provider', subject, 'the provider is asked with --ask-provider only')],
        ),
        job('person', subject, () => listForPeople(entry, services)),
      ]
    }),
    ...pairsOf(entries).map(({ provider, region }) =>
      job('environments', { ...everything, provider, region }, () =>
        checkEnvironments(provider, region, config, facts),
      ),
    ),
  ]
}

/** A route for each provider that is asked about, allowed, configured, or held by Junction. */
async function callbacksOf(
  route: PublicRoute,
  { provider, file }: Examination,
  facts: Facts,
): Promise<Callback[]> {
  const place = placeOf(route)
  const named = provider === undefined ? (route.provider ? [route.provider] : route.providers) : [provider]
  const configured = file.config.credentials
    .filter((credential) => place && credential.in.includes(combination(place)))
    .map((credential) => credential.provider)
  const slugs = named ?? (configured.length > 0 ? configured : await heldProviders(place, facts))
  const taken = [...new Set(slugs)].filter((slug) => accepts(route, slug))
  return (taken.length > 0 ? taken : [undefined]).map((slug) => ({ route, provider: slug }))
}

async function heldProviders(place: Place | undefined, facts: Facts): Promise<string[]> {
  if (!place) return []
  const { value } = await facts.records(place)
  return value?.map(({ source }) => source) ?? []
}

/** Each provider of each place once, with the route whose URL Junction should hold. */
function entriesOf(callbacks: readonly Callback[], config: Config): Entry[] {
  const entries = new Map<string, Entry>()
  for (const { route: own, provider } of callbacks) {
    const place = placeOf(own)
    if (!place || provider === undefined) continue
    const route = chooseRoute(selectRoutes(config, { ...place, provider })) ?? own
    const credential = config.credentials.find(
      (one) => one.provider === provider && one.in.includes(combination(place)),
    )
    const entry = { place, provider, url: callbackUrl(route, provider), route, credential }
    entries.set(`${combination(place)} ${provider}`, entry)
  }
  return [...entries.values()]
}

function pairsOf(entries: readonly Entry[]): { provider: string; region: Region }[] {
  const providers = [...new Set(entries.map(({ provider }) => provider))]
  return providers.flatMap((provider) =>
    regions
      .filter((region) =>
        entries.some((entry) => entry.provider === provider && entry.place.region === region),
      )
      .map((region) => ({ provider, region })),
  )
}

function noRoute({ file, provider, environment, region }: Examination): ByooError {
  const wanted = [environment, region].filter(Boolean).join('/')
  const what = [
    wanted === '' ? '' : ` of ${wanted}`,
    provider === undefined ? '' : ` that accepts ${provider}`,
  ]
  return new ByooError('usage', `${file.name} has no route${what.join('')}`, {
    hint: 'add one to byoo.yaml, or leave out what narrows the choice',
  })
}
