import { type ConfiguredRoute, slugPattern } from '../../config/config.ts'
import { readUrlTemplate, withoutCredentials } from '../../config/url.ts'
import { ByooError } from '../../errors.ts'
import { connectTarget } from '../../junction/environments.ts'
import { providerSlugs } from '../../junction/providers.ts'
import { createEndpoint, type Endpoint, type Target } from '../../verify/endpoint.ts'
import { createRateLimiter } from '../../verify/rate-limiter.ts'
import { renderCases, renderText } from '../../verify/report.ts'
import { renderCasesJson, renderJson } from '../../verify/report-json.ts'
import { counted, failures, type Verification } from '../../verify/verification.ts'
import { type Progress, verify } from '../../verify/verify.ts'
import { warnElsewhere } from '../connection/elsewhere.ts'
import type { ExitCode } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { selectPlace } from '../workspace/selection.ts'
import { readTargetOptions } from '../workspace/target-options.ts'
import { readVerifyFlags, type VerifyFlags } from '../workspace/verify-options.ts'
import { openWorkspace } from '../workspace/workspace.ts'

/** Asked for when nothing says which; the second shows whether the answer depends on the first. */
const usualProviders = ['strava', 'oura'] as const

/** Verifies one callback endpoint, or every route of byoo.yaml, and says what was found. */
export async function verifyEndpoints(session: Session, url: string | undefined): Promise<ExitCode> {
  const { context, manners, style } = session
  const flags = readVerifyFlags(session)
  const width = context.columns ?? 80
  if (flags.list) {
    const list = manners.json
      ? renderCasesJson(flags.cases)
      : renderCases(flags.cases, width, manners.colour.stdout)
    context.stdout.write(list)
    return 0
  }
  const endpoints =
    url === undefined ? await endpointsOfRoutes(session, flags) : [await endpointOf(session, flags, url)]
  checkResolutions(flags, endpoints)
  const places = endpoints.filter(({ target }) => target.environment && target.region)
  warnElsewhere(session, [...new Set(places.map(({ target }) => target.template))])
  noticeProxies(session)

  const verifications = await verifyAll(session, flags, endpoints)
  const { strict } = flags
  const reportOptions = { width, colour: manners.colour.stdout, strict, quiet: manners.quiet }
  const text = verifications.map((verification) => renderText(verification, reportOptions)).join('\n')
  const passed = verifications.filter((each) => each.reached && failures(each, strict).length === 0)
  const total =
    verifications.length > 1
      ? `\n${style.bold(`${passed.length} of ${counted(verifications.length, 'endpoint')} passed.`)}\n`
      : ''
  context.stdout.write(manners.json ? renderJson(verifications, strict) : text + total)
  if (passed.length === verifications.length) return 0
  return verifications.some((each) => each.reached && !passed.includes(each)) ? 7 : 6
}

async function verifyAll(
  session: Session,
  flags: VerifyFlags,
  endpoints: readonly Endpoint[],
): Promise<Verification[]> {
  const { signal } = session
  const limiters = new Map(
    endpoints.map(({ authority }) => [authority, createRateLimiter(flags.rate, flags.concurrency, signal)]),
  )
  const progress = showProgress(session, endpoints.length)
  try {
    return await Promise.all(
      endpoints.map((endpoint) =>
        verify(endpoint, {
          cases: flags.cases,
          limiter: limiters.get(endpoint.authority),
          timeout: flags.timeout,
          authorities: flags.authorities,
          address: resolutionFor(flags, endpoint)?.address,
          signal,
          onProgress: progress.tell,
        }),
      ),
    )
  } catch (error) {
    if (signal.aborted) throw new ByooError('interrupted', 'interrupted')
    throw error
  } finally {
    progress.clear()
  }
}

function showProgress({ context, manners }: Session, routes: number) {
  const shown = context.stderrIsTerminal && !manners.quiet
  const states = new Map<Endpoint, Progress>()
  const erase = '\r\u001b[K'
  return {
    tell: (progress: Progress) => {
      states.set(progress.endpoint, progress)
      if (!shown) return
      const all = [...states.values()]
      const done = all.reduce((sum, state) => sum + state.done, 0)
      const total = progress.total * routes
      const line = `asking ${done} of ${total}: ${progress.id}`
      context.stderr.write(erase + line.slice(0, (context.columns ?? 80) - 1))
    },
    clear: () => {
      if (shown && states.size > 0) context.stderr.write(erase)
    },
  }
}

async function endpointOf(session: Session, flags: VerifyFlags, url: string): Promise<Endpoint> {
  // Plain http elsewhere is a finding, not a fault.
  const faults = readUrlTemplate(url).faults.filter((fault) => !fault.startsWith('must use https'))
  if (faults.length > 0)
    throw new ByooError('usage', `${JSON.stringify(withoutCredentials(url))} ${faults.join('; ')}`)
  const { values } = readTargetOptions(session)
  const { environment, region } = values
  if (flags.target !== undefined) {
    const target = { template: flags.target, environment, region }
    return createEndpoint(url, target, providersFor(url, target, flags, undefined))
  }
  if (environment && region) {
    const target = { template: connectTarget(environment, region), environment, region }
    return createEndpoint(url, target, providersFor(url, target, flags, undefined))
  }
  const workspace = await openWorkspace(session)
  const route = workspace.file?.config.routes.find((candidate) => isUrlOf(candidate, url))
  if (route) return endpointOfRoute(route, url, flags)
  const place = selectPlace(session, workspace)
  const target = { template: connectTarget(place.environment, place.region), ...place }
  return createEndpoint(url, target, providersFor(url, target, flags, undefined))
}

function isUrlOf(route: ConfiguredRoute, url: string): boolean {
  if (route.url === undefined) return false
  if (route.url === url) return true
  const [before = '', after] = route.url.split('{provider}')
  if (after === undefined || !url.startsWith(before) || !url.endsWith(after)) return false
  return slugPattern.test(url.slice(before.length, url.length - after.length))
}

async function endpointsOfRoutes(session: Session, flags: VerifyFlags): Promise<Endpoint[]> {
  const { options, file } = await openWorkspace(session)
  const { environment, region } = options.values
  const { provider, target } = flags
  if (target !== undefined)
    throw new ByooError('usage', '--target needs a URL: the routes of byoo.yaml have their own')
  const routes = (file?.config.routes ?? []).filter(
    (route) =>
      route.url !== undefined &&
      (environment === undefined || route.environment === environment) &&
      (region === undefined || route.region === region) &&
      (provider === undefined || (route.provider ?? provider) === provider) &&
      (provider === undefined || (route.providers?.includes(provider) ?? true)),
  )
  if (routes.length === 0) {
    throw new ByooError(
      'usage',
      file ? `${file.name} has no such route` : 'there is no byoo.yaml, and no URL was given',
      {
        hint: 'byoo verify https://oauth.example.com/oauth_callback/{provider} --environment production --region us',
      },
    )
  }
  return routes.map((route) => endpointOfRoute(route, route.url ?? '', flags))
}

function endpointOfRoute(route: ConfiguredRoute, url: string, flags: VerifyFlags): Endpoint {
  const { environment, region } = route
  const target = { template: route.target, environment, region }
  return createEndpoint(url, target, providersFor(url, target, flags, route))
}

/** Whom to ask for: as told, as the URL says, as the route allows, or the usual ones. */
function providersFor(
  url: string,
  target: Target,
  { provider }: VerifyFlags,
  route: ConfiguredRoute | undefined,
): readonly [string, ...string[]] {
  if (provider !== undefined) return [provider]
  if (url.includes('{provider}')) {
    const [first, ...others] = route?.providers ?? usualProviders
    return [first ?? usualProviders[0], ...others]
  }
  if (route?.provider !== undefined) return [route.provider]
  const named = url.split('/').find((segment) => (providerSlugs as readonly string[]).includes(segment))
  if (named !== undefined) return [named]
  if (!target.template.includes('{provider}')) return [usualProviders[0]]
  throw new ByooError('usage', `${JSON.stringify(url)} does not say which provider it is for`, {
    hint: 'add --provider <slug>, or write {provider} into its path',
  })
}

function resolutionFor({ resolutions }: VerifyFlags, { host, port }: Endpoint) {
  return resolutions.find((resolution) => resolution.host === host && resolution.port === port)
}

function checkResolutions(flags: VerifyFlags, endpoints: readonly Endpoint[]): void {
  const used = endpoints.map((endpoint) => resolutionFor(flags, endpoint))
  const unused = flags.resolutions.find((resolution) => !used.includes(resolution))
  if (!unused) return
  const asked = [...new Set(endpoints.map(({ host, port }) => `${host}:${port}`))].join(', ')
  throw new ByooError(
    'usage',
    `--resolve: nothing is asked of ${unused.host}:${unused.port}, but of ${asked}`,
  )
}

/** Says that a proxy from the environment is not used for endpoints. */
export function noticeProxies({ context, notice }: Session): void {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()])
  const [set] = names.filter((name) => context.env[name])
  if (set !== undefined) notice(`${set} is set but not used: verify talks to the endpoint itself`)
}
