import { setMaxListeners } from 'node:events'
import { accepts, routeEnvironments } from '../config/callback.ts'
import type { Config } from '../config/config.ts'
import { ByooError } from '../errors.ts'
import { splitEnvironment } from '../junction/environments.ts'
import { askProvider } from './checks/ask-provider.ts'
import { checkApplications, checkCredentials } from './checks/credentials.ts'
import { checkEndpoint, checkFurther } from './checks/endpoint.ts'
import { checkKeys } from './checks/key.ts'
import { checkLink, checkUser } from './checks/link.ts'
import { checkManually } from './checks/manual.ts'
import { checkOverride } from './checks/override.ts'
import { checkPreparation, preparedProvider } from './checks/prepare.ts'
import { checkRoutes } from './checks/routes.ts'
import { checkTeam } from './checks/team.ts'
import { createFacts, type Facts, type Services } from './facts.ts'
import {
  type Check,
  type Finding,
  fail,
  findingOf,
  noSubject,
  pass,
  type Result,
  type Subject,
  skip,
} from './findings.ts'
import { type CreatedUser, createLinks, type Links, type Permissions } from './links.ts'
import { createReport, type RecordAge, type Report } from './report.ts'
import {
  type CallbackTarget,
  environmentsOf,
  namedTargets,
  type ProviderCallback,
  type ProviderTarget,
  type PublicRoute,
  type Scope,
  selectRoutes,
  subjectOf,
  subjectOfEnvironment,
  targetOf,
} from './targets.ts'

/** What is to be checked. */
export interface Examination extends Scope, Permissions {
  /** byoo.yaml as it was read, and its name for people; when it has faults, nothing else is checked. */
  readonly file: { readonly name: string; readonly config: Config; readonly faults: readonly string[] }
}

/** How many checks are made, and which was the last. */
export interface Progress {
  readonly done: number
  readonly total: number
  readonly check: Check
  readonly subject: Subject
}

/** Who wants to know before the end. */
export interface Listener {
  /** Each finding as it comes; the report has them in order. */
  readonly onFinding?: ((finding: Finding) => void) | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Each user that is created, as soon as it is known. */
  readonly onUser?: ((user: CreatedUser) => void) | undefined
}

/** One check, about one thing. */
type Job = readonly [check: Check, subject: Subject, run: () => Result[] | Promise<Result[]>]

/**
 * Makes every check for each route and provider, all at once: each host has a rate limit of its own. Rejects with
 * `usage` when byoo.yaml has no such route. When the signal aborts, the report says what was not checked any more; users
 * that were created are deleted either way.
 */
export async function runDoctor(
  examination: Examination,
  services: Services,
  listener: Listener = {},
): Promise<Report> {
  const { file } = examination
  const { signal } = services
  // Every connection and every pause listens.
  if (signal) setMaxListeners(0, signal)
  const facts = createFacts(services)
  const findings: Finding[] = []
  const add = (found: readonly Finding[]) => {
    findings.push(...found)
    for (const finding of found) listener.onFinding?.(finding)
  }
  add(checkFile(file, services.command))
  if (file.faults.length > 0) return createReport(findings, null)

  const configured = selectRoutes(file.config, examination)
  const named = namedTargets(file.config, examination)
  // A URL that something else serves is looked at like a route; Junction's own callback is not byoo's to ask.
  const unserved = named.filter(({ route, ownCallback }) => !ownCallback && route.unserved)
  const routes = [...configured, ...unserved.map(({ route }) => route)]
  if (routes.length === 0 && named.length === 0) throw noRoute(examination)
  const links = createLinks(examination, facts, listener.onUser)
  const finding = routes.map((route) => callbacksOf(route, examination, facts))
  const callbacks = await uninterrupted(() => Promise.all(finding), [], signal)
  const targets = providerTargets(callbacks.flat(), named, examination)
  const jobs = plan(examination, configured, callbacks, targets, links, facts)
  try {
    findings.push(...(await perform(jobs, signal, listener)))
  } finally {
    add(await links.removeUsers())
  }
  const interrupted = signal?.aborted ?? false
  const records = interrupted ? [] : await Promise.all(targets.map((target) => recordAge(target, facts)))
  return createReport(findings, facts.reached(), records.flat(), interrupted)
}

/** What the work results in, or the other value when the signal aborts before. */
async function uninterrupted<Value>(
  work: () => Value | Promise<Value>,
  otherwise: Value,
  signal: AbortSignal | undefined,
): Promise<Value> {
  try {
    return signal?.aborted ? otherwise : await work()
  } catch (error) {
    if (signal?.aborted) return otherwise
    throw error
  }
}

/** Is byoo.yaml valid? Every fault is a finding of its own. Needs no key and no network. */
export function checkFile({ name, faults }: Examination['file'], command: Services['command']): Finding[] {
  const details = { command: command(undefined, 'doctor') }
  const results = faults.map((fault) => fail('file-invalid', fault, details))
  const found = results.length > 0 ? results : [pass(`${name} is valid`)]
  return found.map((result) => findingOf('file', noSubject, result))
}

/** Every check; one that the signal cuts short says so in place of its findings. */
async function perform(
  jobs: readonly Job[],
  signal: AbortSignal | undefined,
  { onFinding, onProgress }: Listener,
): Promise<Finding[]> {
  let done = 0
  const found = await Promise.all(
    jobs.map(async ([check, subject, run]) => {
      const results = await uninterrupted(run, [skip('interrupted', { id: 'interrupted' })], signal)
      const findings = results.map((result) => findingOf(check, subject, result))
      done += 1
      for (const finding of findings) onFinding?.(finding)
      onProgress?.({ done, total: jobs.length, check, subject })
      return findings
    }),
  )
  return found.flat()
}

function plan(
  examination: Examination,
  routes: readonly PublicRoute[],
  callbacks: readonly Callbacks[],
  targets: readonly ProviderTarget[],
  links: Links,
  facts: Facts,
): Job[] {
  const { config } = examination.file
  const environments = environmentsOf(config, examination)
  const firsts = callbacks.map(([first]) => first)
  const firstOfHosts = uniqueBy(firsts, ({ route }) => new URL(route.url).host)
  const placeOf = ({ provider, environment }: ProviderTarget) =>
    `${provider} ${splitEnvironment(environment).region}`

  return [
    ['key', noSubject, () => checkKeys(environments, facts)],
    ...environments.flatMap((environment): Job[] => {
      const subject = subjectOfEnvironment(environment)
      return [
        ['team', subject, () => checkTeam(environment, facts)],
        ['link', subject, () => checkUser(environment, links)],
      ]
    }),
    ['routes', noSubject, () => checkRoutes(callbacks.flat(), routes, facts.services)],
    ...callbacks.flatMap(([first, ...further]): Job[] => {
      const about = subjectOf(further.length > 0 ? { route: first.route } : first)
      return [
        ['verify', about, () => checkEndpoint(first, firstOfHosts.includes(first), facts)],
        ...further.map((one): Job => ['verify', subjectOf(one), () => checkFurther(one, first, facts)]),
      ]
    }),
    ...targets.flatMap((target): Job[] => {
      const subject = subjectOf(target)
      const unasked = skip('only with --ask-provider', { id: 'not-applicable' })
      return [
        ['credentials', subject, () => checkCredentials(target, facts)],
        ['override', subject, () => checkOverride(target, config, facts)],
        ...(target.provider === preparedProvider
          ? [['prepare', subject, () => checkPreparation(target, facts)] as const]
          : []),
        ['link', subject, () => checkLink(target, links, facts)],
        [
          'ask-provider',
          subject,
          () => (examination.askProvider ? askProvider(target, links, facts) : [unasked]),
        ],
        ['manual', subject, () => checkManually(target)],
      ]
    }),
    ...uniqueBy(targets, placeOf).map((first): Job => {
      const same = targets.filter((target) => placeOf(target) === placeOf(first))
      return ['credentials', { ...noSubject, provider: first.provider }, () => checkApplications(same, facts)]
    }),
  ]
}

/** The callbacks of one route; only the first may be for a provider that is not known. */
type Callbacks = readonly [CallbackTarget, ...ProviderCallback[]]

/** A route for each provider that is asked about, allowed, configured, or held by Junction. */
async function callbacksOf(
  route: PublicRoute,
  { provider, file }: Examination,
  facts: Facts,
): Promise<Callbacks> {
  const environments = routeEnvironments(route)
  const only = provider ?? route.provider
  const configured = file.config.credentials
    .filter((credential) => environments.some((name) => credential.environments.includes(name)))
    .map((credential) => credential.provider)
  const held = async () => {
    const records = await Promise.all(environments.map((environment) => facts.records(environment)))
    return records.flatMap(({ value = [] }) => value.map(({ source }) => source))
  }
  const named = only === undefined ? route.providers : [only]
  const slugs = named ?? (configured.length > 0 ? configured : await held())
  const [first, ...further] = [...new Set(slugs)].filter((slug) => accepts(route, slug))
  return [{ route, provider: first }, ...further.map((slug) => ({ route, provider: slug }))]
}

/** Each provider of each environment once, with the route whose URL Junction should hold. */
function providerTargets(
  callbacks: readonly CallbackTarget[],
  named: readonly ProviderTarget[],
  { file, environments }: Examination,
): ProviderTarget[] {
  const served = callbacks.flatMap(({ route, provider }) =>
    routeEnvironments(route)
      .filter((name) => environments?.includes(name) ?? true)
      .flatMap((name) => (provider ? targetOf(file.config, name, provider) : [])),
  )
  return uniqueBy([...served, ...named], ({ environment, provider }) => `${environment} ${provider}`)
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
  const where = environments.length > 0 ? ` of ${environments.join(' or ')}` : ''
  const whose = provider === undefined ? '' : ` that accepts ${provider}`
  return new ByooError('usage', `${file.name} has no route${where}${whose}`, {
    hint: 'add one to byoo.yaml, or name another provider or environment',
  })
}
