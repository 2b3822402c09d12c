import { lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { hosts, type JunctionEnvironment, splitEnvironment } from '../junction/environments.ts'
import { shellWord } from '../output/shell.ts'
import { sharedProvider } from './forwarder.ts'
import { teamIn } from './junction/state.ts'
import { demoProvider, type Loop } from './loop.ts'

/** The harmless ones first. */
export const demoEnvironments = ['sandbox/us', 'sandbox/eu', 'production/us', 'production/eu'] as const

/** Arguments with which doctor looks at everything that the demo has. */
export const doctorArguments = `doctor ${demoProvider} --create-user --ask-provider`

/** The byoo.yaml of one environment of the demo. */
export function demoConfig(loop: Loop, environment: JunctionEnvironment): string {
  const { applications, sharedApplication, forwarder } = loop
  const { client_id } = applications[environment]
  const client_secret = { env: 'DEMO_CLIENT_SECRET' }
  const isShared = forwarder.shared.environments?.includes(environment)
  const shared = { provider: sharedProvider, client_id: sharedApplication.client_id, client_secret }
  // JSON is YAML.
  return JSON.stringify({
    routes: [forwarder.routes[environment], ...(isShared ? [forwarder.shared] : [])],
    org: loop.junction.org,
    teams: { [splitEnvironment(environment).region]: teamIn(loop.junction, environment).id },
    credentials: [{ provider: demoProvider, client_id, client_secret }, ...(isShared ? [shared] : [])],
  })
}

/**
 * Environment variables with which every command works on the demo in one environment. BYOO_CONFIG has one
 * route, and there is no BYOO_ENVIRONMENT: `byoo serve` would take that for a second description of its route.
 */
export function demoVariables(loop: Loop, environment: JunctionEnvironment): Record<string, string> {
  return {
    BYOO_MANAGEMENT_URL: loop.junction.url,
    BYOO_API_URL: loop.junction.apiUrl,
    JUNCTION_MANAGEMENT_KEY: loop.junction.keys.organisation,
    DEMO_CLIENT_SECRET: loop.applications[environment].client_secret,
    BYOO_CONFIG: demoConfig(loop, environment),
  }
}

/** What a shell may have already, and what would then come before the demo's byoo.yaml, or beside it. */
const others =
  'JUNCTION_API_KEY BYOO_ORG BYOO_TEAM BYOO_ENVIRONMENT BYOO_REGION BYOO_TARGET BYOO_PATH BYOO_URL BYOO_PROVIDERS ' +
  'BYOO_PROVIDER BYOO_CLIENT_ID BYOO_CLIENT_SECRET'

/** Lines for a POSIX shell that set the variables, and no others, for every command after them. */
export function exportLines(variables: Readonly<Record<string, string>>): string {
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${shellWord(value)}`)
  return [`unset ${others}`, ...exports, ''].join('\n')
}

/** What a person pastes into a shell to have those lines; `byoo` is how byoo was started. */
export function shellLine(byoo: string, environment: JunctionEnvironment): string {
  return `eval "$(${byoo} demo --env ${environment})"`
}

/** What is worth trying in a shell that has the variables. */
export function demoCommands(byoo: string, environment: JunctionEnvironment) {
  const commands: (readonly [words: string, does: string])[] = [
    [`link ${demoProvider} --wait`, 'makes a link to open in a browser, and waits for the user'],
    ...(environment === 'sandbox/us'
      ? [[`link ${sharedProvider} --wait`, 'the same at a redirect URI that an app has, too'] as const]
      : []),
    [`credentials show ${demoProvider}`, 'shows what Junction holds'],
    ['verify', 'sends the forwarder every kind of query'],
    [doctorArguments, 'compares all places'],
  ]
  return commands.map(([words, does]) => ({ command: `${byoo} ${words}`, does }))
}

/** What the page says of an environment. */
export function describeEnvironment(loop: Loop, byoo: string, environment: JunctionEnvironment) {
  return {
    environment,
    /** Junction's real host, which is not used here. */
    host: hosts[environment],
    /** What is registered at Acme Fit. */
    redirectUri: loop.applications[environment].redirect_uri,
    /** Where the forwarder sends it on to. */
    target: loop.forwarder.routes[environment].target.replace('{provider}', demoProvider),
    /** For a shell: with it, the commands talk to this demo. */
    shellLine: shellLine(byoo, environment),
    /** Worth trying after it. */
    commands: demoCommands(byoo, environment),
    /** What the line sets. */
    variables: demoVariables(loop, environment),
  }
}

/** Where a running demo says where its page is, for `byoo demo --env`: one file for each user of the machine. */
function noteFile(): string {
  return join(tmpdir(), `byoo-demo-${userInfo().uid}.json`)
}

/** Notes where the page is; false when that is not possible. */
export function noteDemo(url: string): boolean {
  try {
    rmSync(noteFile(), { force: true })
    // Fails on whatever somebody else has put there meanwhile, a link included.
    writeFileSync(noteFile(), JSON.stringify({ url }), { flag: 'wx', mode: 0o600 })
    return true
  } catch {
    return false
  }
}

/** The page's URL of the demo that was started last; undefined when there is none that this user has started. */
export function findDemo(): string | undefined {
  try {
    const { uid } = userInfo()
    const found = lstatSync(noteFile())
    if (!found.isFile() || (uid !== -1 && found.uid !== uid)) return undefined
    const { url } = JSON.parse(readFileSync(noteFile(), 'utf8')) as { url?: unknown }
    return typeof url === 'string' && /^http:\/\/127\.0\.0\.1:\d+$/.test(url) ? url : undefined
  } catch {
    return undefined
  }
}

/** Removes the note, unless another demo has written one since. */
export function forgetDemo(url: string): void {
  if (findDemo() === url) rmSync(noteFile(), { force: true })
}
