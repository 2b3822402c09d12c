import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { narrowRoutes } from '../../config/callback.ts'
import { type ConfiguredRoute, slugPattern } from '../../config/config.ts'
import { commaSeparated, type Sourced, textSchema, wholeNumber } from '../../config/options.ts'
import { explainRead, fileBound, readFileOrPipe } from '../../config/read-file.ts'
import { readUrlTemplate, withoutCredentials } from '../../config/url.ts'
import { usageError } from '../../errors.ts'
import { connectTarget } from '../../junction/environments.ts'
import { providerSlugs } from '../../junction/providers.ts'
import { counted } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { suggestion } from '../../suggestion.ts'
import { type Case, cases, groups } from '../../verify/cases.ts'
import { createEndpoint, type Endpoint, type Target } from '../../verify/endpoint.ts'
import { createRateLimiter } from '../../verify/rate-limiter.ts'
import { renderCases, renderText } from '../../verify/report.ts'
import { casesData, hasPassed, type Verification, verificationsData } from '../../verify/verification.ts'
import { type Progress, verify } from '../../verify/verify.ts'
import { warnCustomHost } from '../api-client.ts'
import { type Call, defineCommand, flag, type OptionValues, option } from '../command.ts'
import type { ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../output-options.ts'
import { selectEnvironment } from '../resolve/selection.ts'
import { chooseEnvironments, openWorkspace, targetOptions } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'

/** Asked for when nothing says which; the second shows whether the answer depends on the first. */
const usualProviders = ['strava', 'oura'] as const

const urlTemplate = textSchema((text) => readUrlTemplate(text).faults.join('; '), String)

const providerSlug = textSchema(
  (text) => (slugPattern.test(text) ? undefined : 'must be a provider slug'),
  String,
)

const caseIds = [...groups, ...cases.map(({ id }) => id)]

/** Cases by their ids or groups. */
const caseList = textSchema(
  (text) => {
    const unknown = commaSeparated(text).filter((name) => !caseIds.includes(name))
    const named = unknown.map((name) => `"${name}"${suggestion(name, caseIds)}`).join(', ')
    return named && `there is no case ${named}: byoo verify --list shows them`
  },
  (text): readonly Case[] => {
    const names = commaSeparated(text)
    return cases.filter(({ id, group }) => names.includes(id) || names.includes(group))
  },
)

const resolutions = textSchema(
  (text) => {
    const faulty = commaSeparated(text).filter((entry) => !readResolution(entry))
    return faulty.map((entry) => `${JSON.stringify(entry)} must be host:port:address`).join('; ')
  },
  (text) => commaSeparated(text).flatMap((entry) => readResolution(entry) ?? []),
)

/** `host:port:address`, either in brackets when it is an IPv6 address: where to connect instead of asking the name service. */
function readResolution(entry: string) {
  const [, host = '', port = '', address = ''] = /^(\[[^\]]+\]|[^:[\]]+):(\d{1,5}):(.+)$/.exec(entry) ?? []
  const plain = (text: string) => text.replace(/^\[|\]$/g, '').toLowerCase()
  if (isIP(plain(address)) === 0) return undefined
  return { host: plain(host), port: Number(port), address: plain(address) }
}

/** `byoo doctor` has it too. */
export const caFile = option('--ca-file <file>', 'trust these authorities too (PEM)')

const options = {
  provider: option('--provider <slug>', 'ask for this provider (default: strava)', providerSlug),
  target: option('--target <url>', 'where users must be sent, when that is not Junction', urlTemplate),
  otherwise: option(
    '--otherwise <url>',
    'where users must be sent whose state is not that of a login in --environment',
    urlTemplate,
  ),
  only: option('--only <ids>', 'these cases or groups only, comma-separated', caseList),
  skip: option('--skip <ids>', 'not these cases or groups', caseList),
  list: flag('--list', 'show the cases and send nothing'),
  strict: flag('--strict', 'exact and hardened cases count too'),
  rate: option('--rate <number>', 'requests a second (default: 20)', wholeNumber(1, 1000), 20),
  concurrency: option('--concurrency <number>', 'requests at once (default: 4)', wholeNumber(1, 100), 4),
  caFile,
  resolve: {
    ...option(
      '--resolve <host:port:address>',
      'connect to this address instead; may be repeated',
      resolutions,
      [],
    ),
    repeatable: true,
  },
  ...targetOptions,
}
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
  json: ({ verifications, strict, list }) =>
    list ? casesData(list) : verificationsData(verifications, strict),
  exitCode,
})

interface VerifyData {
  readonly verifications: readonly Verification[]
  readonly strict: boolean
  /** With `--list`, the cases instead of what they found. */
  readonly list?: readonly Case[]
}

/** Verifies one callback endpoint, or every route of byoo.yaml, and says what was found. */
async function run(call: VerifyCall): Promise<VerifyData> {
  const { session, options, operands } = call
  const [url] = operands
  const { only = cases, skip = [], strict, list, resolve: resolutions } = options
  const asked = only.filter((each) => !skip.includes(each))
  if (asked.length === 0) throw usageError('--only and --skip leave no case')
  if (list) return { strict, verifications: [], list: asked }
  const authorities = await readAuthorities(call.given.caFile, session.context.directory)
  const endpoints = url === undefined ? await endpointsOfRoutes(call) : [await endpointOf(call, url)]
  const unused = resolutions.find((one) => !endpoints.some((endpoint) => isFor(one, endpoint)))
  if (unused) {
    const hosts = [...new Set(endpoints.map(({ host, port }) => `${host}:${port}`))].join(', ')
    throw usageError(`--resolve: nothing is asked of ${unused.host}:${unused.port}, but of ${hosts}`)
  }
  const toJunction = endpoints.filter(({ target }) => target.environment)
  warnCustomHost(session, [...new Set(toJunction.map(({ target }) => target.template))])
  noticeProxies(session)
  return { strict, verifications: await verifyAll(call, asked, endpoints, authorities) }
}

function text(
  { verifications, strict, list }: VerifyData,
  style: Style,
  { quiet, verbose }: OutputOptions,
): string {
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
  const { rate, concurrency } = options
  const limiters = new Map(
    endpoints.map(({ authority }) => [authority, createRateLimiter(rate, concurrency, signal)]),
  )
  const onProgress = showProgress(session, endpoints.length)
  const verifying = endpoints.map((endpoint) =>
    verify(endpoint, {
      cases: asked,
      limiter: limiters.get(endpoint.authority),
      timeout: given.timeout ? options.timeout * 1000 : undefined,
      authorities,
      address: options.resolve.find((one) => isFor(one, endpoint))?.address,
      signal,
      onProgress,
    }),
  )
  return Promise.all(verifying)
}

function showProgress(session: Session, routes: number) {
  const states = new Map<Endpoint, Progress>()
  return (progress: Progress) => {
    states.set(progress.endpoint, progress)
    const done = [...states.values()].reduce((sum, state) => sum + state.done, 0)
    session.status(`${progress.verdict ?? ''} Asked ${done} of ${progress.total * routes} cases`.trim())
  }
}

async function endpointOf(call: VerifyCall, url: string): Promise<Endpoint> {
  const { options } = call
  // Plain http elsewhere is a finding, not a fault.
  const faults = readUrlTemplate(url).faults.filter((fault) => !fault.startsWith('must use https'))
  if (faults.length > 0) throw usageError(`${JSON.stringify(withoutCredentials(url))} ${faults.join('; ')}`)
  const environments = chooseEnvironments(call.given)
  const endpointAt = (target: Target) => createEndpoint(url, target, providersFor(url, target, options, {}))
  if (options.otherwise !== undefined) {
    if (!environments)
      throw usageError('--otherwise needs --environment or --region: whose logins go to Junction')
    if (options.target !== undefined) throw usageError('give either --target or --otherwise')
    return endpointAt({ template: options.otherwise, environments })
  }
  const [only, another] = environments ?? []
  const named = another ? undefined : only
  if (options.target !== undefined) return endpointAt({ template: options.target, environment: named })
  if (named) return endpointAt({ template: connectTarget(named), environment: named })
  const workspace = await openWorkspace(call)
  const route = workspace.file?.config.routes.find((candidate) => isUrlOf(candidate, url))
  if (route) return endpointOfRoute(route, url, options)
  const environment = selectEnvironment(workspace)
  return endpointAt({ template: connectTarget(environment), environment })
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
  const endpoints = narrowRoutes(file?.config.routes ?? [], environments, provider).flatMap((route) =>
    route.url === undefined ? [] : [endpointOfRoute(route, route.url, call.options)],
  )
  if (endpoints.length > 0) return endpoints
  throw usageError(
    file ? `${file.name} has no such route` : 'there is no byoo.yaml, and no URL was given',
    'byoo verify https://oauth.example.com/oauth_callback/{provider} --environment production/us',
  )
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
  route: Partial<ConfiguredRoute>,
): readonly [string, ...string[]] {
  if (provider !== undefined) return [provider]
  if (url.includes('{provider}')) {
    const [first, ...others] = route.providers ?? usualProviders
    return [first ?? usualProviders[0], ...others]
  }
  if (route.provider !== undefined) return [route.provider]
  const named = url.split('/').find((segment) => (providerSlugs as readonly string[]).includes(segment))
  if (named !== undefined) return [named]
  if (!target.environments && !target.template.includes('{provider}')) return [usualProviders[0]]
  throw usageError(
    `${JSON.stringify(url)} does not say which provider it is for`,
    'add --provider <slug>, or write {provider} into its path',
  )
}

function isFor(resolution: VerifyValues['resolve'][number], { host, port }: Endpoint): boolean {
  return resolution.host === host && resolution.port === port
}

/** The certificates of `--ca-file`. */
export async function readAuthorities(
  caFile: Sourced | undefined,
  directory: string,
): Promise<Buffer | undefined> {
  if (caFile === undefined) return undefined
  const reading = readFileOrPipe(resolve(directory, caFile.value), fileBound)
  const shown = `${caFile.source}: ${JSON.stringify(caFile.value)}`
  const authorities = await reading.catch((error) => {
    throw usageError(`${shown} ${explainRead(error)}`)
  })
  if (authorities.includes('-----BEGIN CERTIFICATE-----')) return authorities
  throw usageError(`${shown} holds no PEM certificate`)
}

/** Says that a proxy from the environment is not used for endpoints. */
export function noticeProxies({ context, notice }: Session): void {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()])
  const [set] = names.filter((name) => context.env[name])
  if (set !== undefined) notice(`${set} is set but not used: verify talks to the endpoint itself`)
}
