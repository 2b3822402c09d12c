import { setTimeout as pause } from 'node:timers/promises'
import { ByooError } from '../../errors.ts'
import type { UserConnection } from '../../junction/link.ts'
import { checkLink, type LinkCheck, readLinkToken, readOauthUrl } from '../../junction/oauth-link.ts'
import { findOauthProvider, type OauthProvider } from '../../junction/providers.ts'
import { createTemporaryUsers, type TemporaryUsers } from '../../junction/temporary-user.ts'
import { type WaitOutcome, waitForConnection } from '../../junction/wait-for-connection.ts'
import { pairs } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import type { Style } from '../../output/style.ts'
import { showDifference } from '../../verify/difference.ts'
import { type Call, defineCommand, flag, type OptionValues, option } from '../command.ts'
import { type ConnectionErrorData, errorText, requireUserId, toConnectionData } from '../connection.ts'
import type { ExitCode } from '../exit-code.ts'
import { connectLink } from '../link-client.ts'
import { openUrl } from '../open-url.ts'
import { findExpectation, type LinkSite } from '../resolve/link-expectation.ts'
import { selectEnvironment } from '../resolve/selection.ts'
import { suggestedCommand } from '../resolve/suggested-command.ts'
import { openWorkspace, targetOptions } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'

/** What became of the connection that was waited for. */
export interface WaitData {
  readonly status: 'connected' | 'failed' | 'timed_out'
  readonly error: ConnectionErrorData | null
}

export interface LinkData {
  readonly provider: string
  readonly environment: string
  readonly user_id: string
  /** Was the user created for this link? */
  readonly created: boolean
  /** Was it deleted again? The link is dead then. */
  readonly deleted: boolean
  /** The command that deletes a created user that is still there. */
  readonly clean_up: string | null
  readonly url: string
  readonly checks: readonly LinkCheck[]
  /** Null without `--wait`, and when a check failed. */
  readonly wait: WaitData | null
}

type Made = Pick<LinkData, 'url' | 'checks' | 'wait'>
type ShownLink = Pick<LinkData, 'provider' | 'environment' | 'user_id' | 'created' | 'checks'>

/** Milliseconds that a link token lives. */
const linkLife = 60 * 60_000

const options = {
  ...targetOptions,
  user: option('--user <uuid>', "Junction's id of a user of yours (default: creates one)"),
  wait: flag('--wait', 'stay until the user is connected, and say what came of it'),
  open: flag('--open', 'open the link in your browser'),
}

/** `byoo link` */
export const command = defineCommand({
  description:
    'Asks Junction for a real OAuth link and compares its redirect URI and client id with what Junction holds, byte ' +
    'for byte. Without --user it creates a user, and says how to delete it. With --wait it stays until somebody has ' +
    'consented in a browser, which is the only proof that the client secret is right, and deletes that user again.',
  examples: ['byoo link strava', 'byoo link strava --wait --open'],
  operands: [['<provider>', "the provider's slug; see byoo providers"]],
  options,
  run,
  text,
  quiet: quietText,
  exitCode,
})

/** A real OAuth link, compared with what it should say; with `--wait` also what becomes of it. */
async function run(call: Call<typeof options>): Promise<LinkData> {
  const {
    session,
    operands: [slug = ''],
  } = call
  const provider = findOauthProvider(slug)
  const { user } = call.given
  const given = user && requireUserId(user.value, user.source)
  const { wait: waits } = call.options
  const workspace = await openWorkspace(call)
  const environment = selectEnvironment(workspace, provider.slug)
  const site = { session, workspace, environment, connection: connectLink(session, workspace, environment) }
  const facts = { provider: provider.slug, environment }
  if (given !== undefined) {
    const before = waits ? await lookUp(site, given, provider) : undefined
    if (before) session.warn(alreadyConnected(provider, before))
    const made = await makeLink(
      site,
      provider,
      { ...facts, user_id: given, created: false },
      before,
      call.options,
    )
    return { ...facts, user_id: given, created: false, deleted: false, clean_up: null, ...made }
  }
  let user_id = ''
  const { result, removed } = await withTemporaryUser(
    site,
    (id) => {
      user_id = id
      return makeLink(site, provider, { ...facts, user_id, created: true }, undefined, call.options)
    },
    () => !waits,
  )
  const clean_up = removed ? null : cleanUpCommand(site, user_id)
  return { ...facts, user_id, created: true, deleted: removed, clean_up, ...result }
}

function text(data: LinkData, style: Style): string {
  if (data.wait !== null) return outcomeText(data, data.wait, style)
  const link = linkText(data, style)
  const failed = data.checks.some(({ status }) => status === 'failed')
  if (failed) {
    const verdict = style.red('Do not use this link: something is wrong, see above.')
    return data.deleted
      ? `${link}\n${verdict}\nThe user that was created for it is deleted.\n`
      : `${link}\n${data.url}\n\n${verdict}\n${leftOver(data)}`
  }
  return `${link}\n${data.url}\n\nOpen it in a browser within 60 minutes; it works for one connection.\nOnly a connection proves that the client secret is right: --wait waits for it.\n${leftOver(data)}`
}

/** The link alone; with `--wait` it was shown before. */
function quietText({ url, wait }: LinkData): string {
  return wait === null ? `${url}\n` : ''
}

function exitCode({ checks, wait }: LinkData): ExitCode {
  if (checks.some(({ status }) => status === 'failed')) return 7
  return wait === null || wait.status === 'connected' ? 0 : 7
}

function leftOver({ clean_up }: LinkData): string {
  return clean_up === null
    ? ''
    : `The user was created for this link. When you are done, delete it, which ends the link as well:\n  ${clean_up}\n`
}

function outcomeText(data: LinkData, { status, error }: WaitData, style: Style): string {
  const deleted = data.deleted ? 'The user that was created for this is deleted.\n' : leftOver(data)
  if (status === 'connected') {
    return `${style.green('Connected.')} The code was exchanged, so client id, client secret and redirect URI are right.\n${deleted}`
  }
  if (status === 'failed') {
    return `${style.red('The connection failed.')}\n${error ? errorText(error, data, style) : ''}${deleted}`
  }
  return `${style.red('No connection within 60 minutes')}: the link has expired.\nIf the browser ended on an address with error_type=…, look it up with byoo explain <error type>.\n${deleted}`
}

/** Creates the link, compares it, and with `--wait` stays until it was used. */
async function makeLink(
  site: LinkSite,
  provider: OauthProvider,
  facts: Omit<ShownLink, 'checks'>,
  before: UserConnection | undefined,
  { wait: waits, open: opens }: OptionValues<typeof options>,
): Promise<Made> {
  const { session, connection } = site
  const { user_id } = facts
  const link = await connection.link()
  const creating = link.createLinkToken({ user_id, provider: provider.slug })
  const { link_token } = await session.progress('Creating a link token', creating)
  session.hide(link_token, true)
  const asking = link.oauthLink(provider.slug, link_token)
  const { oauth_url: url } = await session.progress('Asking Junction for the link', asking)
  const read = readOauthUrl(url)
  if (!read || !/^[\x21-\x7e]+$/.test(url)) {
    throw new ByooError('unexpected_answer', "Junction's link is not an http or https URL", {
      hint: "try again later; if it happens again, ask Junction's support",
    })
  }
  session.hide(url, true)
  for (const secret of [read.state?.raw, read.state?.value]) if (secret) session.hide(secret, true)

  const described = { team: readLinkToken(link_token).team, redirectUri: read.redirect_uri?.value }
  const { expectation, override } = await findExpectation(site, provider, described)
  const checks = [...checkLink(url, link_token, expectation), ...override]
  const passed = checks.every(({ status }) => status !== 'failed')
  if (!passed) return { url, checks, wait: null }
  if (waits) present(session, { ...facts, url, checks })
  if (opens) {
    const fault = await openUrl(url, session.context)
    if (fault !== undefined)
      session.notice(`The browser could not be opened: ${fault}. Open the link yourself.`)
  }
  return { url, checks, wait: waits ? await watch(site, user_id, provider, before) : null }
}

/** Shows the link while there is still time to use it. */
function present(session: Session, data: ShownLink & Pick<LinkData, 'url'>): void {
  const described = session.output.json ? '' : `${linkText(data, session.style)}\n`
  session.present(`${described}${data.url}\n${session.output.json ? '' : '\n'}`)
}

async function watch(
  site: LinkSite,
  userId: string,
  provider: OauthProvider,
  before: UserConnection | undefined,
): Promise<WaitData> {
  const { session } = site
  session.notice(
    `Waiting until ${provider.name} is connected, at most 60 minutes; Ctrl-C ends it. Only a connection proves that the client secret is right.\nA refusal and some failures show in the browser only: press Ctrl-C then, and look up the error_type with byoo explain <error type>.`,
  )
  const waiting = waitForConnection({
    look: () => lookUp(site, userId, provider),
    before,
    pause: (milliseconds) =>
      session.context.wait?.(milliseconds, session.signal) ??
      pause(milliseconds, undefined, { signal: session.signal }),
    now: Date.now,
    limit: linkLife,
  })
  try {
    return toWaitData(await session.progress(`Waiting until ${provider.name} is connected`, waiting))
  } catch (error) {
    if (!session.signal.aborted) throw error
    throw new ByooError('interrupted', 'interrupted', { cause: error })
  }
}

async function lookUp(
  { connection }: LinkSite,
  userId: string,
  { slug }: OauthProvider,
): Promise<UserConnection | undefined> {
  const connections = await (await connection.link()).connections(userId)
  return connections.find((one) => one.slug === slug)
}

function toWaitData(outcome: WaitOutcome): WaitData {
  if (outcome.status === 'timed_out') return { status: 'timed_out', error: null }
  return { status: outcome.status, error: toConnectionData(outcome.connection).error }
}

function alreadyConnected({ slug, name }: OauthProvider, { status, created_on }: UserConnection): string {
  const now = printable(`${status}, since ${created_on}`, 100)
  return `this user has a connection of ${name} already (${now}), and a new one differs only in its date; to be sure, first run byoo disconnect <user> ${slug}`
}

/** What a link is for, and how it compares; the link itself is not in it. */
function linkText({ provider, environment, user_id, created, checks }: ShownLink, style: Style): string {
  const facts = pairs(
    [
      ['provider', provider],
      ['environment', environment],
      ['user', `${user_id}${created ? ' (created for this link)' : ''}`],
      ...checks.map((check) => [names[check.id], summary(check, style)] as const),
    ],
    style,
  )
  const failed = checks.filter(({ status }) => status === 'failed')
  return `${facts}${failed.map((check) => `\n${failureText(check, style)}`).join('')}`
}

const names = {
  redirect_uri: 'redirect URI',
  client_id: 'client id',
  audience: 'link token',
  team: 'team',
  override: 'override',
  route: 'shared route',
} as const

function summary({ id, status, found, message, compared_with }: LinkCheck, style: Style): string {
  const value =
    found === null ? '' : printable(arrows[id] === undefined ? found : `${arrows[id]} ${found}`, 300)
  if (status === 'failed') return style.red(`FAILED${value === '' ? '' : `: ${value}`}`)
  if (status === 'passed') return style.green(isText(id) ? `${value} (${compared_with})` : value)
  return value === '' || !isText(id) ? message : `${value} (${message})`
}

/** What stands before a value that is no text of the link. */
const arrows: Partial<Record<LinkCheck['id'], string>> = { audience: 'for', route: 'to' }

/** Is it compared byte for byte with a text that people know? */
function isText(id: LinkCheck['id']): boolean {
  return id === 'redirect_uri' || id === 'client_id' || id === 'override'
}

function failureText({ id, message, expected, found, advice }: LinkCheck, style: Style): string {
  const shown =
    isText(id) && expected !== null && found !== null && expected !== found
      ? differenceText(id, expected, found, style)
      : ''
  const next = advice === null ? '' : `  what to do  ${advice}\n`
  return `${message}\n${shown}${next}`
}

/** Both values, with a caret under the first byte that differs. */
function differenceText(id: LinkCheck['id'], expected: string, found: string, style: Style): string {
  const margin = id === 'override' ? '  at Junction  ' : '  in the link  '
  const difference = showDifference(expected, found, Math.max(40, (style.columns ?? 120) - margin.length))
  return [
    `  should be    ${difference.expected}`,
    `${margin}${difference.received}`,
    `${' '.repeat(margin.length + difference.column)}${style.red('^')} byte ${difference.offset}`,
    '',
  ].join('\n')
}

/** The command that deletes a user that was created. */
function cleanUpCommand({ workspace, environment }: LinkSite, userId: string): string {
  return suggestedCommand(workspace, environment, 'disconnect', userId, '--delete-user')
}

/**
 * Gives `use` a new user, and deletes it afterwards unless `keeps` says to keep it. Ctrl-C waits for the deletion, and
 * for the creation as well: otherwise nobody would know the id of the user that is left.
 */
async function withTemporaryUser<Result>(
  site: LinkSite,
  use: (userId: string) => Promise<Result>,
  keeps: (result: Result) => boolean,
): Promise<{ readonly result: Result; readonly removed: boolean }> {
  const { session, connection } = site
  const users = createTemporaryUsers('link', () => connection.lastingLink())
  const userId = await session.uninterrupted(session.progress('Creating a user', users.create()))
  let result: Result
  try {
    result = await use(userId)
  } catch (error) {
    const kept = await removeUser(site, users, userId)
    const outcome = kept ?? `the user ${userId}, which was created for this, is deleted again`
    if (session.signal.aborted) throw new ByooError('interrupted', 'interrupted', { hint: outcome })
    throw error instanceof ByooError ? error.withAdvice(outcome) : error
  }
  if (keeps(result)) return { result, removed: false }
  const kept = await removeUser(site, users, userId)
  if (kept !== undefined) session.warn(kept)
  return { result, removed: kept === undefined }
}

/** Says why the user is still there and how to delete it; undefined when it is gone. */
async function removeUser(
  site: LinkSite,
  users: TemporaryUsers,
  userId: string,
): Promise<string | undefined> {
  const { session } = site
  const command = cleanUpCommand(site, userId)
  if (session.signal.aborted) {
    session.notice(`Deleting the user that was created for this; Ctrl-C again leaves it, for\n${command}`)
  }
  const [kept] = await session.uninterrupted(session.progress('Deleting the user again', users.remove()))
  return (
    kept &&
    `the user ${userId}, which was created for this, is still there (${kept.problem.message}): delete it with\n${command}`
  )
}
