import { ByooError, usageError } from '../errors.ts'
import type { JunctionEnvironment } from '../junction/environments.ts'
import { type OauthUrl, readOauthUrl } from '../junction/oauth-link.ts'
import { createTemporaryUsers, type TemporaryUsers } from '../junction/temporary-user.ts'
import type { Facts, LinkService } from './facts.ts'
import { fail, findingOf } from './findings.ts'
import { type ProviderTarget, subjectOfEnvironment } from './targets.ts'

/** What may be done beyond looking. */
export interface Permissions {
  /** Junction's id of a user to make links for. */
  readonly user?: string | undefined
  /** Create users for the links, and delete them again. */
  readonly createUser?: boolean | undefined
  /** Ask providers, with the address of a link but a made-up state. */
  readonly askProvider?: boolean | undefined
}

/** A real link of Junction's, taken apart. Secret but for what `oauth` names: its state is a link token. */
export interface RealLink {
  readonly linkToken: string
  readonly oauthUrl: string
  readonly oauth: OauthUrl
}

/**
 * Why there is no link: none was wanted, something lacks that other checks tell of, or Junction refused to create the
 * user or the link.
 */
export interface NoLink {
  readonly reason: 'not-wanted' | 'not-ready' | 'user-refused' | 'link-refused'
  readonly problem: ByooError
  /** Shows more of it. */
  readonly command: string
}

/** A user that was created and has to be deleted. */
export interface CreatedUser {
  readonly userId: string
  /** The command that deletes it, should doctor be stopped before. */
  readonly command: string
}

type Found<Value> =
  | { readonly value: Value; readonly missing?: undefined }
  | { readonly value?: undefined; readonly missing: NoLink }

export type Links = ReturnType<typeof createLinks>

interface LinkUser {
  readonly service: LinkService
  readonly userId: string
}

/** The links that are compared, and the users they are made for: one per environment. */
export function createLinks(
  { user, createUser }: Permissions,
  facts: Facts,
  onUser?: (user: CreatedUser) => void,
) {
  const { services } = facts
  const created: { environment: JunctionEnvironment; temporary: TemporaryUsers }[] = []
  const removal = (environment: JunctionEnvironment, userId: string) =>
    services.command(environment, 'disconnect', userId, '--delete-user')

  const findUser = async (environment: JunctionEnvironment): Promise<Found<LinkUser>> => {
    const command = services.command(environment, 'whoami')
    if (user === undefined && !createUser) {
      const problem = usageError('only with --create-user or --user <uuid>')
      return { missing: { reason: 'not-wanted', problem, command } }
    }
    const { value, problem } = await facts.ask(async () => {
      const service = services.link(environment)
      if (user !== undefined) return { service, userId: user }
      const temporary = createTemporaryUsers('doctor', () => service.lastingLink())
      created.push({ environment, temporary })
      const userId = await temporary.create()
      onUser?.({ userId, command: removal(environment, userId) })
      return { service, userId }
    })
    if (value) return { value }
    // No key was given, or not one for this; the check of the keys says more.
    const lacksKey =
      ['usage', 'wrong_key', 'not_authenticated'].includes(problem.code) && problem.status === undefined
    return { missing: { reason: lacksKey ? 'not-ready' : 'user-refused', problem, command } }
  }
  const userOf = (environment: JunctionEnvironment) =>
    facts.once(`user ${environment}`, () => findUser(environment))
  const makeLink = async (target: ProviderTarget): Promise<Found<RealLink>> => {
    const { environment, provider, credential } = target
    const named = user === undefined ? [] : ['--user', user]
    const command = services.command(environment, 'link', provider, ...named)
    const { value: record, problem: unknown } = await facts.record(target)
    if (!credential && !unknown && !record) {
      return {
        missing: { reason: 'not-ready', problem: usageError(`${provider} is not set up yet`), command },
      }
    }
    const { value: linkUser, missing } = await userOf(environment)
    if (missing) return { missing }
    const { value, problem } = await facts.ask(async () => {
      const client = await linkUser.service.link()
      const limiter = facts.limiter(`Link API of ${environment}`)
      const { userId: user_id } = linkUser
      const { link_token } = await limiter(() => client.createLinkToken({ user_id, provider }))
      const { oauth_url: oauthUrl } = await limiter(() => client.oauthLink(provider, link_token))
      const oauth = readOauthUrl(oauthUrl)
      if (!oauth) throw new ByooError('unexpected_answer', "Junction's link is no web address")
      return { linkToken: link_token, oauthUrl, oauth }
    })
    if (value) return { value }
    return { missing: { reason: 'link-refused', problem, command } }
  }

  const remove = async ({ environment, temporary }: (typeof created)[number]) =>
    (await temporary.remove()).map(({ userId, problem }) => {
      const message = `the user ${userId} in ${environment} could not be deleted: ${problem.message}`
      const command = removal(environment, userId)
      return findingOf(
        'link',
        subjectOfEnvironment(environment),
        fail('user-not-deleted', message, { command }),
      )
    })

  return {
    /** A link, made once for all checks that look at it. */
    of: (target: ProviderTarget) =>
      facts.once(`link ${target.environment} ${target.provider}`, () => makeLink(target)),
    /** Could a user be created in this environment? */
    userProblem: async (environment: JunctionEnvironment) => (await userOf(environment)).missing,
    /** Deletes the users that were created, also after Ctrl-C; a finding for each that is left. */
    removeUsers: async () => (await Promise.all(created.map(remove))).flat(),
  }
}
