import { setTimeout as pause } from 'node:timers/promises'
import { ByooError } from '../../errors.ts'
import type { UserConnection } from '../../junction/link.ts'
import { checkLink, type LinkCheck, readLinkToken, readOauthUrl } from '../../junction/oauth-link.ts'
import { findOauthProvider, type OauthProvider } from '../../junction/providers.ts'
import { createTemporaryUsers } from '../../junction/temporary-user.ts'
import { waitForConnection } from '../../junction/wait-for-connection.ts'
import { showDifference } from '../../output/difference.ts'
import { pairs } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import type { Style } from '../../output/style.ts'
import { type Call, defineCommand, flag, type OptionValues, option } from '../command.ts'
import { errorText, requireUserId, toConnectionData } from '../connection.ts'
import { connectLink } from '../link-client.ts'
import { openUrl } from '../open-url.ts'
import { findExpectation, type LinkSite } from '../resolve/link-expectation.ts'
import { selectEnvironment } from '../resolve/selection.ts'
import { openWorkspace, suggestedCommand, targetOptions } from '../resolve/workspace.ts'

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
  // With --wait the link was shown before.
  quiet: ({ url, wait }) => (wait === null ? `${url}\n` : ''),
  exitCode: ({ checks, wait }) =>
    hasFailed(checks) || (wait !== null && wait.status !== 'connected') ? 7 : 0,
})

/** Where a link is made, for which provider, and what for. */
interface Site extends LinkSite {
  readonly provider: OauthProvider
  readonly options: OptionValues<typeof options>
}

/** A link that was made. */
type MadeLink = Awaited<ReturnType<typeof makeLink>>

interface LinkData extends MadeLink {
  /** Was the user that was created for it deleted again? The link is dead then. */
  readonly deleted: boolean
  /** The command that deletes a created user that is still there. */
  readonly clean_up: string | null
}

/** A real OAuth link, compared with what it should say; with `--wait` also what becomes of it. */
async function run(call: Call<typeof options>): Promise<LinkData> {
  const { session, options, given } = call
  const provider = findOauthProvider(call.operands[0] ?? '')
  const user_id = given.user && requireUserId(given.user.value, given.user.source)
  const workspace = await openWorkspace(call)
  const environment = selectEnvironment(workspace, provider.slug)
  const connection = connectLink(session, workspace, environment)
  const site = { session, workspace, environment, connection, provider, options }
  if (user_id === undefined) return makeTemporaryLink(site)
  const before = options.wait ? await lookUp(site, user_id) : undefined
  if (before) {
    const now = printable(`${before.status}, since ${before.created_on}`, 100)
    session.warn(
      `this user has a connection of ${provider.name} already (${now}), and a new one differs only in its date; to be sure, first run byoo disconnect <user> ${provider.slug}`,
    )
  }
  const made = await makeLink(site, { user_id, created: false }, before)
  return { ...made, deleted: false, clean_up: null }
}

/**
 * A link for a new user, who is deleted afterwards when it was waited for, or when something failed. Ctrl-C waits for
 * the deletion, and for the creation as well: otherwise nobody would know the id of the user that is left.
 */
async function makeTemporaryLink(site: Site): Promise<LinkData> {
  const { session, workspace, environment, connection } = site
  const users = createTemporaryUsers('link', () => connection.lastingLink())
  const user_id = await session.uninterrupted(session.progress('Creating a user', users.create()))
  const clean_up = suggestedCommand(workspace, environment, 'disconnect', user_id, '--delete-user')
  /** Says why the user is still there and how to delete it; undefined when it is gone. */
  const remove = async () => {
    if (session.signal.aborted) {
      session.notice(`Deleting the user that was created for this; Ctrl-C again leaves it, for\n${clean_up}`)
    }
    const [kept] = await session.uninterrupted(session.progress('Deleting the user again', users.remove()))
    return (
      kept &&
      `the user ${user_id}, which was created for this, is still there (${kept.problem.message}): delete it with\n${clean_up}`
    )
  }
  let made: MadeLink
  try {
    made = await makeLink(site, { user_id, created: true }, undefined)
  } catch (error) {
    const outcome = (await remove()) ?? `the user ${user_id}, which was created for this, is deleted again`
    if (session.signal.aborted) throw new ByooError('interrupted', 'interrupted', { hint: outcome })
    throw error instanceof ByooError ? error.withAdvice(outcome) : error
  }
  if (!site.options.wait) return { ...made, deleted: false, clean_up }
  const kept = await remove()
  if (kept === undefined) return { ...made, deleted: true, clean_up: null }
  session.warn(kept)
  return { ...made, deleted: false, clean_up }
}

/** Creates the link, compares it, and with `--wait` stays until it was used, unless a check failed. */
async function makeLink(
  site: Site,
  user: { readonly user_id: string; readonly created: boolean },
  before: UserConnection | undefined,
) {
  const { session, connection, environment, provider, options } = site
  const link = await connection.link()
  const creating = link.createLinkToken({ user_id: user.user_id, provider: provider.slug })
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
  for (const secret of [url, read.state?.raw, read.state?.value]) if (secret) session.hide(secret, true)

  const described = { team: readLinkToken(link_token).team, redirectUri: read.redirect_uri?.value }
  const { expectation, override } = await findExpectation(site, provider, described)
  const checks = [...checkLink(url, link_token, expectation), ...override]
  const made = { provider: provider.slug, environment, ...user, url, checks, wait: null }
  if (hasFailed(checks)) return made
  if (options.wait) {
    // While there is still time to use it.
    const { json } = session.output
    session.present(json ? `${url}\n` : `${linkText(made, session.style)}\n${url}\n\n`)
  }
  if (options.open) {
    const fault = await openUrl(url, session.context)
    if (fault !== undefined)
      session.notice(`The browser could not be opened: ${fault}. Open the link yourself.`)
  }
  return { ...made, wait: options.wait ? await watch(site, user.user_id, before) : null }
}

/** What becomes of the connection that is waited for. */
async function watch(site: Site, userId: string, before: UserConnection | undefined) {
  const { session, provider } = site
  const { context, signal } = session
  session.notice(
    `Waiting until ${provider.name} is connected, at most 60 minutes; Ctrl-C ends it. Only a connection proves that the client secret is right.\nA refusal and some failures show in the browser only: press Ctrl-C then, and look up the error_type with byoo explain <error type>.`,
  )
  const waiting = waitForConnection(
    () => lookUp(site, userId),
    before,
    (milliseconds) => context.wait?.(milliseconds, signal) ?? pause(milliseconds, undefined, { signal }),
  )
  const outcome = await session.progress(`Waiting until ${provider.name} is connected`, waiting)
  const error = outcome.status === 'timed_out' ? null : toConnectionData(outcome.connection).error
  return { status: outcome.status, error }
}

async function lookUp({ connection, provider }: Site, userId: string): Promise<UserConnection | undefined> {
  const connections = await (await connection.link()).connections(userId)
  return connections.find(({ slug }) => slug === provider.slug)
}

function text(data: LinkData, style: Style): string {
  const left = data.clean_up
    ? `The user was created for this link. When you are done, delete it, which ends the link as well:\n  ${data.clean_up}\n`
    : ''
  if (data.wait) return `${outcomeText(data, style)}${data.deleted ? goneText : left}`
  const link = linkText(data, style)
  if (hasFailed(data.checks)) {
    const verdict = style.red('Do not use this link: something is wrong, see above.')
    return data.deleted ? `${link}\n${verdict}\n${goneText}` : `${link}\n${data.url}\n\n${verdict}\n${left}`
  }
  return `${link}\n${data.url}\n\nOpen it in a browser within 60 minutes; it works for one connection.\nOnly a connection proves that the client secret is right: --wait waits for it.\n${left}`
}

const goneText = 'The user that was created for this is deleted.\n'

function outcomeText(data: LinkData, style: Style): string {
  const { status, error } = data.wait ?? {}
  if (status === 'connected') {
    return `${style.green('Connected.')} The code was exchanged, so client id, client secret and redirect URI are right.\n`
  }
  if (status === 'failed') {
    return `${style.red('The connection failed.')}\n${error ? errorText(error, data, style) : ''}`
  }
  return `${style.red('No connection within 60 minutes')}: the link has expired.\nIf the browser ended on an address with error_type=…, look it up with byoo explain <error type>.\n`
}

function hasFailed(checks: readonly LinkCheck[]): boolean {
  return checks.some(({ status }) => status === 'failed')
}

/** What a link is for, and how it compares; the link itself is not in it. */
function linkText({ provider, environment, user_id, created, checks }: MadeLink, style: Style): string {
  const facts = pairs(
    [
      ['provider', provider],
      ['environment', environment],
      ['user', `${user_id}${created ? ' (created for this link)' : ''}`],
      ...checks.map((check) => [shown[check.id].name, summary(check, style)] as const),
    ],
    style,
  )
  const failed = checks.filter(({ status }) => status === 'failed')
  return `${facts}${failed.map((check) => `\n${failureText(check, style)}`).join('')}`
}

/** How a check is shown: its name, and what stands before what was found, unless that is a text to compare bytewise. */
const shown: Record<LinkCheck['id'], { readonly name: string; readonly before?: string }> = {
  redirect_uri: { name: 'redirect URI' },
  client_id: { name: 'client id' },
  audience: { name: 'link token', before: 'for ' },
  team: { name: 'team', before: '' },
  override: { name: 'override' },
  route: { name: 'shared route', before: 'to ' },
}

function summary({ id, status, found, message, compared_with }: LinkCheck, style: Style): string {
  const { before } = shown[id]
  const value = found === null ? '' : printable(`${before ?? ''}${found}`, 300)
  if (status === 'failed') return style.red(`FAILED${value === '' ? '' : `: ${value}`}`)
  if (status === 'passed') return style.green(before === undefined ? `${value} (${compared_with})` : value)
  return value === '' || before !== undefined ? message : `${value} (${message})`
}

/** What is wrong, with a caret under the first byte that differs, and what to do. */
function failureText({ id, message, expected, found, advice }: LinkCheck, style: Style): string {
  const lines = [message]
  if (shown[id].before === undefined && expected !== null && found !== null && expected !== found) {
    const margin = id === 'override' ? '  at Junction  ' : '  in the link  '
    const width = Math.max(40, (style.columns ?? 120) - margin.length)
    const difference = showDifference(expected, found, width)
    lines.push(
      `  should be    ${difference.expected}`,
      `${margin}${difference.received}`,
      `${' '.repeat(margin.length + difference.column)}${style.red('^')} byte ${difference.offset}`,
    )
  }
  if (advice !== null) lines.push(`  what to do  ${advice}`)
  return `${lines.join('\n')}\n`
}
