import { setMaxListeners } from 'node:events'
import { accepts, callbackUrl } from '../config/callback.ts'
import type { Config } from '../config/config.ts'
import { ByooError } from '../errors.ts'
import { type JunctionEnvironment, type Region, splitEnvironment } from '../junction/environments.ts'
import { createRateLimiter } from '../verify/rate-limiter.ts'
import { askProvider } from './checks/ask-provider.ts'
import { checkCredentials } from './checks/credentials.ts'
import { checkDns } from './checks/dns.ts'
import { checkEndpoint } from './checks/endpoint.ts'
import { checkEnvironments } from './checks/environments.ts'
import { checkKeys } from './checks/key.ts'
import { checkLink, checkUser } from './checks/link.ts'
import { checkManually } from './checks/manual.ts'
import { checkOverride } from './checks/override.ts'
import { checkPreparation, preparedProvider } from './checks/prepare.ts'
import { checkRoutes } from './checks/routes.ts'
import { checkTeam } from './checks/team.ts'
import { checkTls } from './checks/tls.ts'
import { createFacts, type Facts, type Services } from './facts.ts'
import { type Check, type Finding, fail, noSubject, notApplicable, pass, type Subject } from './findings.ts'
import { type CreatedUser, createLinks, type Links, type Permissions } from './links.ts'
import { createReport, type RecordAge, type Report } from './report.ts'
import {
  type CallbackTarget,
  chooseRoute,
  environmentsOf,
  findCredential,
  type ProviderTarget,
  type PublicRoute,
  type Scope,
  selectRoutes,
  subjectOf,
  subjectOfEnvironment,
} from './targets.ts'

/** What is to be checked. */
export interface Examination extends Scope, Permissions {
  /** byoo.yaml as it was read, and its name for people; when it has faults, nothing else is checked. */
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
  /** Each user that is created, as soon as it is known. */
  readonly onUser?: ((user: CreatedUser) => void) | undefined
}

/** Checks at once. Each host has a pace of its own besides. */
const maxAtOnce = 16

interface Job {
  readonly check: Check
  readonly subject: Subject
  readonly run: () => Finding[] | Promise<Finding[]>
}

/**
 * Makes every check for each route and provider, many at once. Rejects with `usage` when byoo.yaml has no such route,
 * and when the signal aborts; users that were created are deleted either way.
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
  if (file.faults.length > 0) return createReport(fromFile, null)

  const routes = selectRoutes(file.config, examination)
  if (routes.length === 0) throw noRoute(examination)
  const links = createLinks(examination, facts, listener.onUser)
  const findings: Finding[] = [...fromFile]
  let targets: readonly ProviderTarget[] = []
  try {
    const callbacks = (
      await Promise.all(routes.map((route) => callbacksOf(route, examination, facts)))
    ).flat()
    targets = providerTargets(callbacks, file.config)
    const jobs = plan(examination, routes, callbacks, targets, links, facts)
    findings.push(...(await perform(jobs, services, listener)))
  } finally {
    const left = await links.removeUsers()
    for (const finding of left) listener.onFinding?.(finding)
    findings.push(...left)
  }
  services.signal?.throwIfAborted()
  const records = (await Promise.all(targets.map((target) => recordAge(target, facts)))).flat()
  return createReport(findings, facts.reached(), records)
}

/** Is byoo.yaml valid? Every fault is a finding of its own. */
function checkFile({ name, faults }: Examination['file'], { command }: Services): Finding[] {
  if (faults.length === 0) return [pass('file', noSubject, `${name} is valid`)]
  return faults.map((fault) =>
    fail('file-invalid', noSubject, fault, { command: command(undefined, 'doctor') }),
  )
}

async function perform(jobs: readonly Job[], { signal }: Services, listener: Listener): Promise<Finding[]> {
  const pace = createRateLimiter(1_000_000, maxAtOnce, signal)
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

function plan(
  examination: Examination,
  routes: readonly PublicRoute[],
  callbacks: readonly CallbackTarget[],
  targets: readonly ProviderTarget[],
  links: Links,
  facts: Facts,
): Job[] {
  const { config } = examination.file
  const environments = environmentsOf(routes)
  const firstOfHosts = uniqueBy(callbacks, ({ route }) => new URL(route.url).host)

  const job = (check: Check, subject: Subject, run: Job['run']): Job => ({ check, subject, run })
  return [
    job('key', noSubject, () => checkKeys(environments, facts)),
    ...environments.flatMap((environment) => [
      job('team', subjectOfEnvironment(environment), () => checkTeam(environment, facts)),
      job('link', subjectOfEnvironment(environment), () => checkUser(environment, links, facts)),
    ]),
    ...firstOfHosts.flatMap((callback) => [
      job('dns', subjectOf({ route: callback.route }), () => checkDns(callback.route, facts)),
      job('tls', subjectOf({ route: callback.route }), () => checkTls(callback, facts)),
    ]),
    job('routes', noSubject, () => checkRoutes(callbacks, routes, facts.services)),
    ...callbacks.map((callback) => job('verify', subjectOf(callback), () => checkEndpoint(callback, facts))),
    ...targets.flatMap((target) => {
      const subject = subjectOf(target)
      return [
        job('credentials', subject, () => checkCredentials(target, facts)),
        job('override', subject, () => checkOverride(target, config, facts)),
        ...(target.provider === preparedProvider
          ? [job('prepare', subject, () => checkPreparation(target, facts))]
          : []),
        job('link', subject, () => checkLink(target, links, facts)),
        job('ask-provider', subject, () =>
          examination.askProvider
            ? askProvider(target, links, facts)
            : [notApplicable('ask-provider', subject, 'only with --ask-provider')],
        ),
        job('manual', subject, () => checkManually(target)),
      ]
    }),
    ...providersByRegion(targets).map(({ provider, region }) =>
      job('environments', { ...noSubject, provider }, () =>
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
): Promise<CallbackTarget[]> {
  const environment = route.environment
  const named = provider === undefined ? (route.provider ? [route.provider] : route.providers) : [provider]
  const configured = file.config.credentials
    .filter((credential) => environment && credential.in.includes(environment))
    .map((credential) => credential.provider)
  const slugs = named ?? (configured.length > 0 ? configured : await heldProviders(environment, facts))
  const taken = [...new Set(slugs)].filter((slug) => accepts(route, slug))
  return (taken.length > 0 ? taken : [undefined]).map((slug) => ({ route, provider: slug }))
}

async function heldProviders(environment: JunctionEnvironment | undefined, facts: Facts): Promise<string[]> {
  if (!environment) return []
  const { value } = await facts.records(environment)
  return value?.map(({ source }) => source) ?? []
}

/** Each provider of each environment once, with the route whose URL Junction should hold. */
function providerTargets(callbacks: readonly CallbackTarget[], config: Config): ProviderTarget[] {
  const targets = callbacks.flatMap(({ route: own, provider }) => {
    const environment = own.environment
    if (!environment || provider === undefined) return []
    const route = chooseRoute(config, environment, provider) ?? own
    const credential = findCredential(config, environment, provider)
    return [{ environment, provider, url: callbackUrl(route, provider), route, credential }]
  })
  return uniqueBy(targets, ({ environment, provider }) => `${environment} ${provider}`)
}

function providersByRegion(targets: readonly ProviderTarget[]): { provider: string; region: Region }[] {
  const pairs = targets.map(({ provider, environment }) => ({
    provider,
    region: splitEnvironment(environment).region,
  }))
  return uniqueBy(pairs, ({ provider, region }) => `${provider} ${region}`)
}

/** The first value with each name. */
function uniqueBy<Value>(values: readonly Value[], nameOf: (value: Value) => string): Value[] {
  const names = values.map(nameOf)
  return values.filter((_, index) => names.indexOf(names[index] ?? '') === index)
}

async function recordAge(target: ProviderTarget, facts: Facts): Promise<RecordAge[]> {
  const { environment, provider } = target
  const { value: record } = await facts.record(target)
  if (!record) return []
  const command = facts.services.command(environment, 'link', provider, '--wait')
  return [{ environment, provider, updated_at: record.updated_at, command }]
}

function noRoute({ file, provider, environments = [] }: Examination): ByooError {
  const wanted = environments.join(' or ')
  const what = [
    wanted === '' ? '' : ` of ${wanted}`,
    provider === undefined ? '' : ` that accepts ${provider}`,
  ]
  return new ByooError('usage', `${file.name} has no route${what.join('')}`, {
    hint: 'add one to byoo.yaml, or name another provider or environment',
  })
}
