import { accepts, routeEnvironments } from '../../config/callback.ts'
import { type ConfiguredRoute, slugPattern } from '../../config/config.ts'
import { readUrlTemplate, withoutCredentials } from '../../config/url.ts'
import { ByooError, usageError } from '../../errors.ts'
import { connectTarget, type JunctionEnvironment } from '../../junction/environments.ts'
import { providerSlugs } from '../../junction/providers.ts'
import type { Style } from '../../output/style.ts'
import { type Case, cases } from '../../verify/cases.ts'
import { createEndpoint, type Endpoint, type Target } from '../../verify/endpoint.ts'
import { createRateLimiter } from '../../verify/rate-limiter.ts'
import { renderCases, renderText } from '../../verify/report.ts'
import {
  casesData,
  counted,
  hasPassed,
  type Verification,
  verificationsData,
} from '../../verify/verification.ts'
import { type Progress, verify } from '../../verify/verify.ts'
import { warnCustomHost } from '../api-client.ts'
import { type Call, defineCommand, type OptionValues } from '../command.ts'
import type { ExitCode } from '../exit-code.ts'
import { selectEnvironment } from '../resolve/selection.ts'
import { readAuthorities, verifyOptions } from '../resolve/verify-options.ts'
import { chooseEnvironments, openWorkspace, targetOptions } from '../resolve/workspace.ts'
import { createStatusLine, type Session, type StatusLine } from '../session.ts'

/** Asked for when nothing says which; the second shows whether the answer depends on the first. */
const usualProviders = ['strava', 'oura'] as const

const options = { ...verifyOptions, ...targetOptions }
type VerifyCall = Call<typeof options>
type VerifyValues = OptionValues<typeof options>

/** `byoo verify` */
export const command = defineCommand({
  description:
    'Sends made-up codes to a callback endpoint, whatever it runs on, and shows the first byte that differs. ' +
    'Redirects are never followed, so nothing reaches Junction. Without a URL: every route of byoo.yaml.',
  examples: [
    'byoo verify',
    'byoo verify https://oauth.example.com/oauth_callback/{provider} \\\n    --environment production/us',
  ],
  operands: [['[url]', 'as registered at the provider; {provider} may stand in its path']],
  options,
  run,
  text,
  quiet: quietText,
  json: ({ verifications, strict, list }) =>
    list ? casesData(list) : verificationsData(verifications, strict),
  exitCode,
})

interface VerifyData {
  readonly verifications: readonly Verification[]
  readonly strict: boolean
  readonly verbose: boolean
  /** With `--list`, the cases instead of what they found. */
  readonly list: readonly Case[] | undefined
}

/** Verifies one callback endpoint, or every route of byoo.yaml, and says what was found. */
async function run(call: VerifyCall): Promise<VerifyData> {
  const {
    session,
    options,
    operands: [url],
  } = call
  const { only = cases, skip = [], strict } = options
  const asked = only.filter((each) => !skip.includes(each))
  if (asked.length === 0) throw usageError('--only and --skip leave no case')
  const shown = { strict, verbose: session.output.verbose }
  if (options.list) return { ...shown, verifications: [], list: asked }
  const authorities = await readAuthorities(call.given.caFile, session.context.directory)
  const endpoints = url === undefined ? await endpointsOfRoutes(call) : [await endpointOf(call, url)]
  checkResolutions(options, endpoints)
  const toJunction = endpoints.filter(({ target }) => target.environment)
  warnCustomHost(session, [...new Set(toJunction.map(({ target }) => target.template))])
  noticeProxies(session)
  return { ...shown, verifications: await verifyAll(call, asked, endpoints, authorities), list: undefined }
}

function text(data: VerifyData, style: Style): string {
  return report(data, style, false)
}

function quietText(data: VerifyData, style: Style): string {
  return report(data, style, true)
}

function report(data: VerifyData, style: Style, quiet: boolean): string {
  const { verifications, strict, verbose, list } = data
  if (list) return renderCases(list, style)
  const several = verifications.length > 1
  const reports = verifications
    .map((one) => renderText(one, { style, strict, quiet, verbose, several }))
    .join(quiet ? '' : '\n')
  if (!several || quiet) return reports
  const passed = verifications.filter((one) => hasPassed(one, strict)).length
  return `${reports}\n${style.bold(`${passed} of ${counted(verifications.length, 'endpoint')} passed.`)}\n`
}

function exitCode({ verifications, strict }: VerifyData): ExitCode {
  const failed = verifications.filter((one) => !hasPassed(one, strict))
  if (failed.length === 0) return 0
  return failed.some(({ reached }) => reached) ? 7 : 6
}

async function verifyAll(
  { session, options, given }: VerifyCall,
  asked: readonly Case[],
  endpoints: readonly Endpoint[],
  authorities: Buffer | undefined,
): Promise<Verification[]> {
  const { signal } = session
  const limiters = new Map(
    endpoints.map(({ authority }) => [
      authority,
      createRateLimiter(options.rate, options.concurrency, signal),
    ]),
  )
  const line = createStatusLine(session)
  const onProgress = showProgress(line, endpoints.length)
  try {
    return await Promise.all(
      endpoints.map((endpoint) =>
        verify(endpoint, {
          cases: asked,
          limiter: limiters.get(endpoint.authority),
          timeout: given.timeout ? options.timeout * 1000 : undefined,
          authorities,
          address: resolutionFor(options, endpoint)?.address,
          signal,
          onProgress,
        }),
      ),
    )
  } catch (error) {
    if (signal.aborted) throw new ByooError('interrupted', 'interrupted')
    throw error
  } finally {
    line.erase()
  }
}

function showProgress(line: StatusLine, routes: number) {
  const states = new Map<Endpoint, Progress>()
  return (progress: Progress) => {
    states.set(progress.endpoint, progress)
    const done = [...states.values()].reduce((sum, state) => sum + state.done, 0)
    line.show(`${progress.verdict ?? ''} Asked ${done} of ${progress.total * routes} cases`.trim())
  }
}

async function endpointOf(call: VerifyCall, url: string): Promise<Endpoint> {
  const { options } = call
  // Plain http elsewhere is a finding, not a fault.
  const faults = readUrlTemplate(url).faults.filter((fault) => !fault.startsWith('must use https'))
  if (faults.length > 0)
    throw new ByooError('usage', `${JSON.stringify(withoutCredentials(url))} ${faults.join('; ')}`)
  const [only, another] = chooseEnvironments(call.given) ?? []
  const named = another ? undefined : only
  const { otherwise } = options
  if (otherwise !== undefined) {
    const environments = chooseEnvironments(call.given)
    if (!environments)
      throw usageError('--otherwise needs --environment or --region: whose logins go to Junction')
    if (options.target !== undefined) throw usageError('give either --target or --otherwise')
    const target = { template: otherwise, environments }
    return createEndpoint(url, target, providersFor(url, target, options, undefined))
  }
  const endpointIn = (environment: JunctionEnvironment | undefined, template: string) => {
    const target = { template, environment }
    return createEndpoint(url, target, providersFor(url, target, options, undefined))
  }
  if (options.target !== undefined) return endpointIn(named, options.target)
  if (named) return endpointIn(named, connectTarget(named))
  const workspace = await openWorkspace(call)
  const route = workspace.file?.config.routes.find((candidate) => isUrlOf(candidate, url))
  if (route) return endpointOfRoute(route, url, options)
  const environment = selectEnvironment(workspace)
  return endpointIn(environment, connectTarget(environment))
}

function isUrlOf(route: ConfiguredRoute, url: string): boolean {
  if (route.url === undefined) return false
  if (route.url === url) return true
  const [before = '', after] = route.url.split('{provider}')
  if (after === undefined || !url.startsWith(before) || !url.endsWith(after)) return false
  return slugPattern.test(url.slice(before.length, url.length - after.length))
}

async function endpointsOfRoutes(call: VerifyCall): Promise<Endpoint[]> {
  const { file, environments } = await openWorkspace(call)
  const { provider, target, otherwise } = call.options
  if (target !== undefined || otherwise !== undefined)
    throw usageError('--target and --otherwise need a URL: the routes of byoo.yaml have their own')
  const routes = (file?.config.routes ?? []).filter(
    (route) =>
      route.url !== undefined &&
      (environments === undefined || environments.some((name) => routeEnvironments(route).includes(name))) &&
      (provider === undefined || accepts(route, provider)),
  )
  if (routes.length === 0) {
    throw new ByooError(
      'usage',
      file ? `${file.name} has no such route` : 'there is no byoo.yaml, and no URL was given',
      {
        hint: 'byoo verify https://oauth.example.com/oauth_callback/{provider} --environment production/us',
      },
    )
  }
  return routes.map((route) => endpointOfRoute(route, route.url ?? '', call.options))
}

function endpointOfRoute(route: ConfiguredRoute, url: string, options: VerifyValues): Endpoint {
  const { target: template, environment, environments } = route
  const target = { template, environment, environments }
  return createEndpoint(url, target, providersFor(url, target, options, route))
}

/** Whom to ask for: as told, as the URL says, as the route allows, or the usual ones. */
function providersFor(
  url: string,
  target: Target,
  { provider }: VerifyValues,
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
  if (!target.environments && !target.template.includes('{provider}')) return [usualProviders[0]]
  throw new ByooError('usage', `${JSON.stringify(url)} does not say which provider it is for`, {
    hint: 'add --provider <slug>, or write {provider} into its path',
  })
}

function resolutionFor({ resolve: resolutions }: VerifyValues, { host, port }: Endpoint) {
  return resolutions.find((resolution) => resolution.host === host && resolution.port === port)
}

function checkResolutions(options: VerifyValues, endpoints: readonly Endpoint[]): void {
  const used = endpoints.map((endpoint) => resolutionFor(options, endpoint))
  const unused = options.resolve.find((resolution) => !used.includes(resolution))
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
