import { randomUUID } from 'node:crypto'
import { ByooError } from '../../errors.ts'
import type { LinkConnection } from '../connection/link-connection.ts'
import type { Session } from '../session.ts'
import { followUp } from '../workspace/follow-up.ts'
import type { Place } from '../workspace/selection.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** What is needed to make a user and to remove it again. */
export interface UserSite {
  readonly session: Session
  readonly workspace: Workspace
  readonly place: Place
  readonly connection: LinkConnection
}

/** The command that deletes a user that was created. */
export function cleanUpCommand({ workspace, place }: UserSite, userId: string): string {
  return followUp(workspace, place, 'disconnect', userId, '--delete-user')
}

/**
 * Gives `use` a new user, and deletes it afterwards unless the result is to keep it. Ctrl-C waits for that, and so it
 * does for the creation: otherwise nobody would know the id of what is left behind.
 */
export async function withTemporaryUser<Result>(
  site: UserSite,
  use: (userId: string) => Promise<Result>,
  keeps: (result: Result) => boolean,
): Promise<{ readonly result: Result; readonly removed: boolean }> {
  const { session } = site
  const userId = await session.uninterrupted(createUser(site))
  let result: Result
  try {
    result = await use(userId)
  } catch (error) {
    throw withRemoval(error, site, userId, await session.uninterrupted(remove(site, userId)))
  }
  if (keeps(result)) return { result, removed: false }
  const failure = await session.uninterrupted(remove(site, userId))
  if (failure === undefined) return { result, removed: true }
  session.warn(`${failure}\n${cleanUpCommand(site, userId)}`)
  return { result, removed: false }
}

async function createUser({ session, connection }: UserSite): Promise<string> {
  const link = await connection.lastingLink()
  // It says what it is when somebody finds it in the dashboard.
  const name = `byoo-link-${randomUUID()}`
  try {
    return (await session.progress('Creating a user', link.createUser(name))).user_id
  } catch (error) {
    if (!(error instanceof ByooError) || !error.mayHaveTakenEffect) throw error
    const advice = `it may have been created all the same: look for "${name}" in the Junction dashboard and delete it`
    throw error.withAdvice(advice)
  }
}

/** Why the user could not be deleted, or undefined. */
async function remove(site: UserSite, userId: string): Promise<string | undefined> {
  const { session, connection } = site
  if (session.signal.aborted) {
    const later = cleanUpCommand(site, userId)
    session.notice(`Deleting the user that was created for this; Ctrl-C again leaves it there, for\n${later}`)
  }
  try {
    const link = await connection.lastingLink()
    await session.progress('Deleting the user again', link.deleteUser(userId))
  } catch (error) {
    if (error instanceof ByooError && error.code === 'not_found') return undefined
    const reason = error instanceof Error ? error.message : String(error)
    return `the user ${userId}, which was created for this, is still there (${reason}): delete it with`
  }
  return undefined
}

function withRemoval(error: unknown, site: UserSite, userId: string, failure: string | undefined): unknown {
  const interrupted = site.session.signal.aborted
  const left =
    failure === undefined
      ? `the user ${userId}, which was created for this, is deleted again`
      : `${failure}\n${cleanUpCommand(site, userId)}`
  if (interrupted) return new ByooError('interrupted', 'interrupted', { hint: left })
  if (!(error instanceof ByooError)) return error
  return error.withAdvice(left)
}
